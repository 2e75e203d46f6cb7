import { inspect, types } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  BulkheadFullError,
  CircuitIsolatedError,
  CircuitOpenError,
  ConfigError,
  ContractError,
  DrainingError,
  LimitExceededError,
  RateLimitedError,
  RejectedError,
  ResilienceError,
  type ResilienceErrorInit,
  ThrottledError,
  TimeoutError,
} from '../src/errors.js';

const REJECTIONS = [
  [RejectedError, 'RejectedError', 'ERR_REJECTED', 'rejected'],
  [CircuitOpenError, 'CircuitOpenError', 'ERR_CIRCUIT_OPEN', 'circuit_open'],
  [CircuitIsolatedError, 'CircuitIsolatedError', 'ERR_CIRCUIT_ISOLATED', 'circuit_isolated'],
  [BulkheadFullError, 'BulkheadFullError', 'ERR_BULKHEAD_FULL', 'bulkhead_full'],
  [RateLimitedError, 'RateLimitedError', 'ERR_RATE_LIMITED', 'rate_limited'],
  [LimitExceededError, 'LimitExceededError', 'ERR_LIMIT_EXCEEDED', 'limit_exceeded'],
  [ThrottledError, 'ThrottledError', 'ERR_THROTTLED', 'throttled'],
  [DrainingError, 'DrainingError', 'ERR_DRAINING', 'draining'],
] as const;

const OTHERS = [
  [ResilienceError, 'ResilienceError', 'ERR_RESILIENCE'],
  [TimeoutError, 'TimeoutError', 'ERR_TIMEOUT'],
  [ConfigError, 'ConfigError', 'ERR_CONFIG'],
  [ContractError, 'ContractError', 'ERR_CONTRACT'],
] as const;

type AnyClass = (new (
  message: string,
  init?: ResilienceErrorInit,
) => ResilienceError) & {
  readonly code: string;
};
const ALL = [...REJECTIONS, ...OTHERS].map(([Class, name, code]): [AnyClass, string, string] => [
  Class,
  name,
  code,
]);

describe('every error', () => {
  it.each(ALL)('%o has its name, code and place in the hierarchy', (Class, name, code) => {
    const error = new Class('what happened');
    expect(error).toBeInstanceOf(Class);
    expect(error).toBeInstanceOf(ResilienceError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(Object.hasOwn(error, 'name')).toBe(false);
    expect(error.code).toBe(code);
    expect(Class.code).toBe(code);
    expect(error.message).toBe('what happened');
    expect(String(error)).toBe(`${name}: what happened`);
    expect(error.constructor).toBe(Class);
  });

  it('has a code of its own', () => {
    expect(new Set(ALL.map(([, , code]) => code)).size).toBe(ALL.length);
  });

  it.each(ALL)(
    '%o carries pipeline, policy and cause, and lets the first two be filled in',
    (Class) => {
      const cause = new Error('before');
      const error = new Class('x', { pipeline: 'orders', policy: 'breaker', cause });
      expect(error).toMatchObject({ pipeline: 'orders', policy: 'breaker' });
      expect(error.cause).toBe(cause);
      expect(Object.keys(error)).not.toContain('cause');

      const bare = new Class('x');
      expect(bare).toMatchObject({ pipeline: undefined, policy: undefined });
      expect('cause' in bare).toBe(false);
      bare.pipeline = 'late';
      bare.policy = 'later';
      expect(bare).toMatchObject({ pipeline: 'late', policy: 'later' });
    },
  );

  it.each(ALL)('%o can be thrown, caught and asserted upon like any error', async (Class, name) => {
    const fail = () => {
      throw new Class('boo');
    };
    expect(fail).toThrow(Class);
    expect(fail).toThrow('boo');
    await expect(Promise.reject(new Class('boo'))).rejects.toThrow('boo');
    expect(inspect(new Class('boo'))).toContain(`${name}: boo`);
    expect(inspect(new Error('outer', { cause: new Class('boo') }))).toContain(`${name}: boo`);
  });

  it('inherits what Error itself can do', () => {
    expect(Object.getPrototypeOf(ResilienceError)).toBe(Error);
    expect('captureStackTrace' in RejectedError).toBe('captureStackTrace' in Error);
  });

  it('can be made where Error.prototype is frozen', () => {
    Object.defineProperty(Error.prototype, 'message', { writable: false });
    try {
      expect(new ThrottledError('x').message).toBe('x');
      expect(new TimeoutError('y', { cause: 5 }).message).toBe('y');
    } finally {
      Object.defineProperty(Error.prototype, 'message', { writable: true });
    }
  });

  it('can be subclassed, with a code and name of its own', () => {
    class QuotaError extends RejectedError {
      static override readonly code: string = 'ERR_QUOTA';
      static override readonly reason: string = 'quota';
      override readonly name = 'QuotaError';
    }
    const error = new QuotaError('no quota left', { retryAfter: 5 });
    expect(error).toBeInstanceOf(QuotaError);
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'ERR_QUOTA', reason: 'quota', retryAfter: 5 });
    expect(error.stack).toBe('QuotaError: no quota left');
    const other = new RejectedError('x', { code: 'ERR_OTHER', reason: 'other' });
    expect(other).toMatchObject({ code: 'ERR_OTHER', reason: 'other' });
  });
});

describe('rejections', () => {
  it.each(REJECTIONS)(
    '%o has its reason, and retryAfter when it is known',
    (Class, _n, _c, reason) => {
      expect(Class.reason).toBe(reason);
      expect(new Class('x')).toMatchObject({ reason, retryAfter: undefined });
      expect(new Class('x', { retryAfter: 1_250 })).toMatchObject({ reason, retryAfter: 1_250 });
      expect(new Class('x')).toBeInstanceOf(RejectedError);
    },
  );

  it.each(REJECTIONS)('G12: %o captures no stack by default', (Class, name) => {
    const error = new Class('no room');
    expect(error.stack).toBe(`${name}: no room`);
    expect(types.isNativeError(error)).toBe(false);
  });

  it.each(REJECTIONS)('G12: %o captures one with captureStack: true', (Class, name) => {
    const error = new Class('no room', {
      captureStack: true,
      retryAfter: 7,
      pipeline: 'p',
      cause: 'why',
    });
    const [head, first] = (error.stack ?? '').split('\n');
    expect(head).toBe(`${name}: no room`);
    expect(first).toContain('errors.test.ts');
    expect(types.isNativeError(error)).toBe(true);
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ name, message: 'no room', retryAfter: 7, pipeline: 'p' });
    expect(error.cause).toBe('why');
    expect(error.code).toBe(Class.code);
  });

  it('G12: leaves Error.stackTraceLimit alone, whatever it is', () => {
    const limit = Error.stackTraceLimit;
    try {
      for (const value of [0, 3, 100]) {
        Error.stackTraceLimit = value;
        new CircuitOpenError('x');
        expect(Error.stackTraceLimit).toBe(value);
      }
    } finally {
      Error.stackTraceLimit = limit;
    }
  });

  it('has a stack that tools may replace', () => {
    const error = new ThrottledError('x');
    error.stack = 'symbolicated';
    expect(error.stack).toBe('symbolicated');
    expect(Object.keys(error)).not.toContain('stack');
    expect(new ThrottledError('y').stack).toBe('ThrottledError: y');
  });

  it('shows the stack that a host keeps on Error.prototype', () => {
    const own = Object.getOwnPropertyDescriptor(Error.prototype, 'stack');
    const error = new ThrottledError('x');
    Object.defineProperty(Error.prototype, 'stack', {
      get: () => 'from the host',
      configurable: true,
    });
    try {
      expect(error.stack).toBe('from the host');
      Object.defineProperty(Error.prototype, 'stack', { get: () => '', configurable: true });
      expect(error.stack).toBe('ThrottledError: x');
    } finally {
      Reflect.deleteProperty(Error.prototype, 'stack');
      if (own !== undefined) Object.defineProperty(Error.prototype, 'stack', own);
    }
  });

  it('shows its facts in consoles, JSON and clones', () => {
    const init = { pipeline: 'p', policy: 'q', retryAfter: 9 };
    const facts = { code: 'ERR_CIRCUIT_OPEN', ...init, reason: 'circuit_open', message: 'open' };
    const error = new CircuitOpenError('open', init);
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'CircuitOpenError', ...facts });
    expect(structuredClone(error)).toEqual(facts);
    const shown = inspect(error);
    expect(shown).toMatch(/^\[CircuitOpenError: open\] \{/);
    expect(shown).toContain('retryAfter: 9');
    expect(shown.match(/open/g)).toHaveLength(2);
  });

  it('has the same shape whatever is known, so that code reading it stays fast', () => {
    const keys = Object.keys(new CircuitOpenError('x'));
    expect(Object.keys(new BulkheadFullError('x', { retryAfter: 1, pipeline: 'p' }))).toEqual(keys);
  });
});

describe('TimeoutError', () => {
  it('says how long was allowed, and is no rejection', () => {
    const error = new TimeoutError('timed out after 1 s', { timeoutMs: 1_000 });
    expect(error.timeoutMs).toBe(1_000);
    expect(error).not.toBeInstanceOf(RejectedError);
    expect(error.stack).toBe('TimeoutError: timed out after 1 s');
    expect(new TimeoutError('x').timeoutMs).toBeUndefined();
  });
});

describe('ConfigError', () => {
  it('names path and value, and where the mistake was made', () => {
    const error = new ConfigError('retry.maxRetries: must be ...', {
      path: 'retry.maxRetries',
      value: -1,
    });
    expect(error).toMatchObject({ path: 'retry.maxRetries', value: -1 });
    expect(error.issues).toEqual([
      { path: 'retry.maxRetries', message: 'retry.maxRetries: must be ...', value: -1 },
    ]);
    expect(error.stack).toContain('errors.test.ts');
  });

  it('takes path and value from the first of several issues', () => {
    const issues = [
      { path: 'a', message: 'must be x', value: 1 },
      { path: 'b', message: 'must be y', value: 2 },
    ];
    const error = new ConfigError('two', { issues });
    expect(error).toMatchObject({ path: 'a', value: 1, issues });
    expect(new ConfigError('x', { path: 'p', value: null, issues })).toMatchObject({
      path: 'p',
      value: null,
    });
    expect(new ConfigError('none', { issues: [] })).toMatchObject({ path: '', value: undefined });
    expect(new ConfigError('bare')).toMatchObject({ path: '', value: undefined });
  });

  it('does not show the value when it is logged: it may be large, or secret', () => {
    const error = new ConfigError('boo', { path: 'p', value: { password: 'hunter2' } });
    expect(inspect(error)).not.toContain('hunter2');
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(error.value).toEqual({ password: 'hunter2' });
  });

  it('can be had without a stack', () => {
    expect(new ConfigError('boo', { captureStack: false }).stack).toBe('ConfigError: boo');
    expect(new ContractError('boo', { captureStack: false }).stack).toBe('ContractError: boo');
    expect(new ContractError('boo').stack).toContain('errors.test.ts');
  });
});
