import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { callerError } from '../../../src/grpc/connect/call-error.js';
import { isConnectError } from '../../../src/grpc/connect/connect-error.js';
import { GrpcError } from '../../../src/grpc/index.js';
import {
  BulkheadFullError,
  CircuitIsolatedError,
  CircuitOpenError,
  ConfigError,
  DrainingError,
  LimitExceededError,
  RateLimitedError,
  RejectedError,
  ThrottledError,
  TimeoutError,
} from '../../../src/index.js';

const going = { aborted: false, reason: undefined };

describe('the error that the caller of connect-es gets', () => {
  it.each<[string, Error, Code]>([
    ['an open breaker', new CircuitOpenError('x'), Code.Unavailable],
    ['a breaker held open', new CircuitIsolatedError('x'), Code.Unavailable],
    ['a drain', new DrainingError('x'), Code.Unavailable],
    ['any refusal', new RejectedError('x'), Code.Unavailable],
    ['a full bulkhead', new BulkheadFullError('x'), Code.ResourceExhausted],
    ['a rate limit', new RateLimitedError('x'), Code.ResourceExhausted],
    ['an adaptive limit', new LimitExceededError('x'), Code.ResourceExhausted],
    ['a throttle', new ThrottledError('x'), Code.ResourceExhausted],
    ['a timeout', new TimeoutError('x'), Code.DeadlineExceeded],
    ['a stream that stalls', new TimeoutError('x', { policy: 'idle_timeout' }), Code.Unavailable],
  ])('W14: is a ConnectError with a cause for %s', (_, cause, code) => {
    const error = callerError(cause, going);
    expect(error).toBeInstanceOf(ConnectError);
    expect(ConnectError.from(error)).toBe(error);
    expect(error).toMatchObject({ name: 'ConnectError', code, rawMessage: 'x', details: [] });
    expect((error as Error).cause).toBe(cause);
    const like = new ConnectError('x', code);
    expect(String(error)).toBe(String(like));
    const shown = Object.keys(like).filter((key) => key !== 'name' && key !== 'cause');
    expect(Object.keys(error as object).sort()).toEqual(shown.sort());
  });

  it('W14: is the one of the attempt, unchanged', () => {
    const own = new ConnectError('gone', Code.Unavailable);
    expect(callerError(new GrpcError(14, 'gone', own), going)).toBe(own);
    const raw = new TypeError('fetch failed');
    expect(callerError(new GrpcError(14, 'x', raw), going)).toBe(raw);
    for (const other of [new TypeError('x'), new ConfigError('x'), 'text', undefined]) {
      expect(callerError(other, going)).toBe(other);
    }
  });

  it.each([
    ['an error', new Error('left'), 'left'],
    ['the timeout of somebody else', new TimeoutError('theirs'), 'theirs'],
    ['a text', 'left', 'the caller cancelled the call'],
    ['nothing', undefined, 'the caller cancelled the call'],
  ])('W14: is a cancellation if the caller gave up for %s', (_, reason, text) => {
    const error = callerError(reason, { aborted: true, reason });
    expect(error).toMatchObject({ code: Code.Canceled, rawMessage: text });
    expect((error as Error).cause).toBe(reason);
  });

  it("W14: is the transport's own for its deadline", () => {
    const reason = new ConnectError('the operation timed out', Code.DeadlineExceeded);
    expect(callerError(reason, { aborted: true, reason })).toBe(reason);
  });

  it('knows a ConnectError of any copy, and nothing else', () => {
    const fields = { name: 'ConnectError', code: 3, rawMessage: 'x', metadata: new Headers() };
    expect(isConnectError(Object.assign(new Error('x'), fields))).toBe(true);
    expect(isConnectError(fields)).toBe(false);
    expect(isConnectError(Object.assign(new Error('x'), fields, { code: 'E' }))).toBe(false);
    expect(isConnectError(Object.assign(new Error('x'), fields, { metadata: {} }))).toBe(false);
    expect(isConnectError(undefined)).toBe(false);
  });
});
