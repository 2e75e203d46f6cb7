import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import {
  CircuitOpenError,
  ConfigError,
  pipeline,
  RejectedError,
  ResilienceError,
  retry,
  reviveError,
  TimeoutError,
} from 'holdfast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Built, build } from '../cli/built.js';

/** Nothing said what becomes of an error that leaves its thread, and nothing made one of it again. */
const INIT = {
  pipeline: 'inventory',
  policy: 'circuit_breaker',
  key: 'a',
  retryAfter: 400,
  cause: new Error('down'),
};
const FIELDS = {
  code: 'ERR_CIRCUIT_OPEN',
  message: 'open',
  pipeline: 'inventory',
  policy: 'circuit_breaker',
  key: 'a',
  retryAfter: 400,
  reason: 'circuit_open',
};

describe('an error that a worker does not catch', () => {
  let built: Built;
  beforeAll(async () => {
    built = await build();
  }, 180_000);
  afterAll(() => built.remove());

  /** What a worker has to say of a pipeline's refusal. */
  async function uncaught(captureStack: boolean, how: 'thrown' | 'rejected'): Promise<unknown> {
    const index = pathToFileURL(built.file('index.js')).href;
    const code = `import(${JSON.stringify(index)}).then(async ({ circuitBreaker, pipeline }) => {
      const breaker = circuitBreaker({ openFor: '1s', random: () => 0.5 });
      breaker.trip();
      const calls = pipeline({ name: 'inventory', captureStack: ${captureStack} }, breaker);
      const { reason } = await calls.settle(() => 1);
      if (${how === 'rejected'}) throw reason;
      setImmediate(() => { throw reason; });
    });`;
    const [error] = await once(new Worker(code, { eval: true }), 'error');
    return error;
  }

  const all = { code: 'ERR_CIRCUIT_OPEN', pipeline: 'inventory', reason: 'circuit_open' };

  it('arrives as a plain object with its fields', async () => {
    const error = await uncaught(false, 'thrown');
    expect(error).not.toBeInstanceOf(Error);
    expect(error).toMatchObject(all);
    expect(error).not.toHaveProperty('name');
    const revived = reviveError(error);
    expect(revived).toBeInstanceOf(CircuitOpenError);
    expect(revived).toMatchObject({ ...all, name: 'CircuitOpenError', policy: 'circuit_breaker' });
    expect((revived as CircuitOpenError).retryAfter).toBeGreaterThan(0);
  });

  it("as an unhandled rejection it arrives in the text of Node's own error", async () => {
    const error = await uncaught(false, 'rejected');
    expect(error).toMatchObject({ code: 'ERR_UNHANDLED_REJECTION' });
    expect((error as Error).message).toContain('"CircuitOpenError: inventory: ');
    expect(reviveError(error)).toBe(undefined);
  });

  it.each(['thrown', 'rejected'] as const)(
    'with captureStack, %s, it arrives as an Error with its name, fields and stack',
    async (how) => {
      const error = await uncaught(true, how);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ ...all, name: 'CircuitOpenError' });
      const revived = reviveError(error);
      expect(revived).toBeInstanceOf(CircuitOpenError);
      expect(revived?.stack).toBe((error as Error).stack);
    },
  );
});

function posted(value: unknown): unknown {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const received = receiveMessageOnPort(port2)?.message;
  port1.close();
  return received;
}

describe('what is posted', () => {
  it.each([
    ['a message', posted],
    ['a structured clone', structuredClone],
  ])('as %s keeps its fields, and with a stack nothing but that', (_what, send) => {
    const bare = send(new CircuitOpenError('open', INIT));
    expect(bare).toEqual(FIELDS);
    expect(reviveError(bare)).toMatchObject({ ...FIELDS, name: 'CircuitOpenError' });
    const stacked = send(new CircuitOpenError('open', { ...INIT, captureStack: true }));
    expect(stacked).toBeInstanceOf(Error);
    expect(stacked).not.toHaveProperty('code');
    expect(reviveError(stacked)).toBe(undefined);
  });

  it.each([false, true])('toJSON() says it all either way (captureStack: %o)', (captureStack) => {
    const error = new CircuitOpenError('open', { ...INIT, captureStack });
    const json = error.toJSON();
    expect(json).toEqual({ name: 'CircuitOpenError', ...FIELDS });
    for (const sent of [posted(json), JSON.parse(JSON.stringify(error))]) {
      const revived = reviveError(sent);
      expect(revived).toBeInstanceOf(CircuitOpenError);
      expect(revived?.toJSON()).toEqual(json);
    }
  });

  it('is not said more of than a reader should know', () => {
    const error = new ConfigError('wrong', { path: 'retry.x', value: 'secret', cause: INIT.cause });
    expect(JSON.stringify(error)).not.toMatch(/secret|down|stack/);
    expect(reviveError(error.toJSON())).toMatchObject({ name: 'ConfigError', path: 'retry.x' });
  });
});

describe('reviveError', () => {
  it('G18: gives the policies of this side what the other side said', async () => {
    const calls = pipeline('calls', retry({ initialDelay: 0 }));
    const attempts: number[] = [];
    for (const error of [new RejectedError('no'), new TimeoutError('late', { timeoutMs: 5 })]) {
      let made = 0;
      await calls.settle(() => {
        made++;
        throw reviveError(structuredClone(error));
      });
      attempts.push(made);
    }
    expect(attempts).toEqual([1, 4]);
  });

  it("makes a RejectedError of a user's own class, with its code and reason", () => {
    class Quota extends RejectedError {
      static override readonly code: string = 'ERR_QUOTA';
      static override readonly reason: string = 'quota';
    }
    const revived = reviveError(structuredClone(new Quota('no quota', { pipeline: 'x' })));
    expect(revived).toBeInstanceOf(RejectedError);
    expect(revived).toMatchObject({ code: 'ERR_QUOTA', reason: 'quota' });
    // Thrown outside of any pipeline.
    const bare = new Quota('no quota');
    for (const sent of [structuredClone(bare), JSON.parse(JSON.stringify(bare))]) {
      expect(reviveError(sent)).toMatchObject({ code: 'ERR_QUOTA', reason: 'quota' });
    }
  });

  it('keeps the request of an HTTP call, and what JSON cannot say is not known', () => {
    const json = {
      code: 'ERR_RATE_LIMITED',
      message: 'x',
      method: 'GET',
      url: 'http://a/',
      retryAfter: null,
    };
    expect(reviveError(json)).toMatchObject({
      method: 'GET',
      url: 'http://a/',
      retryAfter: undefined,
    });
  });

  it.each([
    [undefined],
    [null],
    ['ERR_TIMEOUT'],
    [{}],
    [{ code: 'ERR_TIMEOUT' }],
    [new Error('x')],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    [{ code: 'ERR_X', message: 'x', reason: 'quota' }],
  ])('makes nothing of %o', (value) => {
    expect(reviveError(value)).toBe(undefined);
  });

  it('makes nothing of what cannot be read, and does not throw', () => {
    const hostile = {
      get code() {
        throw new Error('no');
      },
    };
    expect(reviveError(hostile)).toBe(undefined);
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(reviveError(revoked.proxy)).toBe(undefined);
  });

  it('answers an error of ours as it is', () => {
    const error = new ResilienceError('x');
    expect(reviveError(error)).toBe(error);
  });
});
