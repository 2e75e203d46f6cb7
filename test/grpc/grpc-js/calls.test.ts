import type { Interceptor, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { credentials, Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BulkheadFullError,
  CircuitOpenError,
  ConfigError,
  ContractError,
  DrainingError,
  LimitExceededError,
  RateLimitedError,
  TimeoutError,
} from '../../../src/errors.js';
import { deadlineOf, grpcInterceptor } from '../../../src/grpc/index.js';
import {
  bulkhead,
  fallback,
  pipeline,
  rateLimiter,
  registry,
  retry,
  timeout,
} from '../../../src/index.js';
import type { PipelineEvent } from '../../../src/pipeline/contract/events.js';
import { joinMaps } from '../../../src/registry/map/join-maps.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { systemClock } from '../../../src/time/clock.js';
import { errorOf, Stage, startUnary, unary } from './harness.js';

type Unary = (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) => void;

const stage = new Stage();
afterEach(() => stage.down());

const echo: Unary = (call, answer) => answer(null, call.request);

/** A promise that somebody else resolves. */
function signal<T = void>() {
  let fire!: (value: T) => void;
  const seen = new Promise<T>((resolve) => {
    fire = resolve;
  });
  return { fire, seen };
}

describe('deadlines over grpc-js', () => {
  /** The milliseconds that a server is told. */
  async function told(options: object, policies: object) {
    const timeouts: number[] = [];
    const handler: Unary = (call, answer) => {
      timeouts.push(Number(call.getDeadline()) - Date.now());
      answer(null, '');
    };
    const { address } = await stage.serve({ unary: handler });
    await unary(stage.client(address, { policies }), 'x', { options });
    return timeouts[0] as number;
  }

  it('W4: the server is told the time of the attempt', async () => {
    // Longer than a test may take, so that it is not over on a slow machine.
    const ms = await told({}, { totalTimeout: '9m', attemptTimeout: '1m' });
    expect(ms).toBeLessThanOrEqual(60_000);
    expect(ms).toBeGreaterThan(30_000);
  });

  it('W4: or that of the call, if that is shorter', async () => {
    const policies = { totalTimeout: false, attemptTimeout: '9m' };
    const ms = await told({ deadline: Date.now() + 60_000 }, policies);
    expect(ms).toBeLessThanOrEqual(60_000);
    expect(ms).toBeGreaterThan(30_000);
    const date = await told({ deadline: new Date(Date.now() + 60_000) }, policies);
    expect(date).toBeLessThanOrEqual(60_000);
    expect(date).toBeGreaterThan(30_000);
  });

  it('W4: without any, it is told none', async () => {
    const ms = await told({}, { totalTimeout: false, attemptTimeout: false });
    expect(ms).toBe(Infinity);
  });

  it.each([{ attemptTimeout: '1m', totalTimeout: '9m' }, { totalTimeout: '1m' }] as const)(
    'W4: a timeout of the policies ends the call as DEADLINE_EXCEEDED, and the server hears of it: %j',
    async (policies) => {
      const clock = new VirtualClock();
      const arrived = signal();
      const cancelled = signal();
      const hangs: Unary = (call) => {
        call.on('cancelled', () => cancelled.fire());
        arrived.fire();
      };
      const { address } = await stage.serve({ unary: hangs });
      const { answer } = startUnary(stage.client(address, { policies, clock }), 'x');
      await arrived.seen;
      await clock.advance(60_001);
      const error = await errorOf(answer);
      expect(error.code).toBe(status.DEADLINE_EXCEEDED);
      expect(error.cause).toBeInstanceOf(TimeoutError);
      await cancelled.seen;
    },
  );

  it("W4: grpc-js's own timer for the attempt does not hide whose time it was", async () => {
    const { address } = await stage.serve({ unary: () => {} });
    const events: PipelineEvent[] = [];
    // Without a retry: if the time is over before the server is reached, every call may be sent again.
    const client = stage.client(address, { policies: { attemptTimeout: 40, retry: false } });
    client.interceptor.on('attempt', (event) => events.push(event));
    const error = await errorOf(unary(client, 'x'));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(error.cause).toMatchObject({ policy: 'attempt_timeout' });
    expect(events).toMatchObject([{ outcome: 'timeout' }]);
  });

  it('W4: the deadline of the call ends its waits, too', async () => {
    const fails: Unary = (_, answer) => answer({ code: status.UNAVAILABLE });
    const { address } = await stage.serve({ unary: fails });
    const backoff = { initialDelay: 60_000, jitter: 'none' } as const;
    const client = stage.client(address, { policies: [retry({ ...backoff, maxDelay: 60_000 })] });
    // No retry can start in time, so the failure itself is the answer.
    const error = await errorOf(unary(client, 'x', { options: { deadline: Date.now() + 20_000 } }));
    expect(error.code).toBe(status.UNAVAILABLE);
    const slow: Unary = () => {};
    const { address: there } = await stage.serve({ unary: slow });
    const one = stage.client(there, { policies: [bulkhead({ maxConcurrent: 1, maxQueued: 1 })] });
    const first = startUnary(one, 'x');
    const queued = await errorOf(unary(one, 'x', { options: { deadline: Date.now() + 30 } }));
    expect(queued.code).toBe(status.DEADLINE_EXCEEDED);
    first.call.cancel();
    await errorOf(first.answer);
  });

  it('W4: a deadline that is over sends nothing', async () => {
    let runs = 0;
    const counts: Unary = (_, answer) => {
      runs++;
      answer(null, '');
    };
    const { address } = await stage.serve({ unary: counts });
    const client = stage.client(address);
    const error = await errorOf(unary(client, 'x', { options: { deadline: Date.now() - 1 } }));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(runs).toBe(0);
  });

  it('W4: a deadline that is no time is refused, and nothing is sent', async () => {
    let runs = 0;
    const { address } = await stage.serve({ unary: () => runs++ });
    const client = stage.client(address);
    for (const deadline of [Number.NaN, new Date(Number.NaN), '2s']) {
      const error = await errorOf(unary(client, 'x', { options: { deadline } }));
      expect(error.code).toBe(status.INTERNAL);
      expect(error.cause).toBeInstanceOf(ContractError);
      expect(error.details).toMatch(/^the deadline of a call must be a Date.*\(got /);
    }
    expect(runs).toBe(0);
  });

  it('W4: a deadline beyond all time is none', async () => {
    const { address } = await stage.serve({ unary: echo });
    const client = stage.client(address, { policies: [] });
    const options = { deadline: Number.MAX_SAFE_INTEGER };
    expect(await unary(client, 'x', { options })).toBe('x');
  });

  it('W4: the attempt timeout is retried if the method may run twice', async () => {
    for (const [idempotent, sent] of [
      [true, 2],
      [undefined, 1],
    ] as const) {
      const clock = new VirtualClock();
      const arrived = signal();
      let runs = 0;
      const slowAtFirst: Unary = (_, answer) => {
        if (++runs > 1) answer(null, 'quick');
        else arrived.fire();
      };
      const { address } = await stage.serve({ unary: slowAtFirst });
      const policies = {
        totalTimeout: false,
        attemptTimeout: '1m',
        retry: { initialDelay: 0, maxDelay: 0 },
      } as const;
      const { answer } = startUnary(stage.client(address, { policies, idempotent, clock }), 'x');
      await arrived.seen;
      await clock.advance(60_001);
      const [ended] = await Promise.allSettled([answer]);
      expect(ended?.status).toBe(idempotent === true ? 'fulfilled' : 'rejected');
      expect(runs).toBe(sent);
    }
  });

  it('W4, W10: a call for a served call has the deadline of that one, and ends with it', async () => {
    const inner = signal<number>();
    const innerCancelled = signal();
    const leaf: Unary = (call) => {
      inner.fire(Number(call.getDeadline()) - Date.now());
      call.on('cancelled', () => innerCancelled.fire());
    };
    const { address: leafAddress } = await stage.serve({ unary: leaf });
    const onwards = stage.client(leafAddress, {
      policies: { totalTimeout: false, attemptTimeout: false },
    });
    const ended = signal<unknown>();
    const listeners = signal<number>();
    const middle: Unary = (call, answer) => {
      const options = { parent: call };
      void errorOf(unary(onwards, 'x', { options })).then((error) => {
        listeners.fire(call.listenerCount('cancelled'));
        ended.fire(error.code);
        answer({ code: error.code });
      });
    };
    const { address } = await stage.serve({ unary: middle });
    const { answer, call } = startUnary(stage.client(address, false), 'x', {
      options: { deadline: Date.now() + 60_000 },
    });
    const left = await inner.seen;
    expect(left).toBeLessThanOrEqual(60_000);
    call.cancel();
    await innerCancelled.seen;
    expect(await ended.seen).toBe(status.CANCELLED);
    // No listener is left of the call.
    expect(await listeners.seen).toBe(0);
    await errorOf(answer);
  });

  it('W4: deadlineOf tells a pipeline how long a served call may take', async () => {
    const left = signal<number>();
    const served = pipeline('served', timeout('9m'));
    const handler: Unary = (call, answer) => {
      const run = served.execute(({ timeLeft }) => left.fire(timeLeft), {
        deadline: deadlineOf(call),
      });
      void run.then(() => answer(null, ''));
    };
    const { address } = await stage.serve({ unary: handler });
    const client = stage.client(address, false);
    await unary(client, 'x', { options: { deadline: Date.now() + 60_000 } });
    expect(await left.seen).toBeLessThanOrEqual(60_000);
    expect(deadlineOf({ getDeadline: () => Infinity })).toBe(Infinity);
    const before = systemClock.now();
    const deadline = deadlineOf({ timeoutMs: () => 500 });
    expect(deadline).toBeGreaterThanOrEqual(before + 500);
    expect(deadline).toBeLessThanOrEqual(systemClock.now() + 500);
    expect(deadlineOf({ timeoutMs: () => undefined })).toBe(Infinity);
  });
});

describe('cancellation over grpc-js', () => {
  it('W5: the server hears that the caller has cancelled', async () => {
    const arrived = signal();
    const cancelled = signal();
    const hangs: Unary = (call) => {
      arrived.fire();
      call.on('cancelled', () => cancelled.fire());
    };
    const { address } = await stage.serve({ unary: hangs });
    const client = stage.client(address);
    const events: PipelineEvent[] = [];
    client.interceptor.on((event) => events.push(event));
    const { answer, call } = startUnary(client, 'x');
    await arrived.seen;
    call.cancel();
    const error = await errorOf(answer);
    expect(error).toMatchObject({ code: status.CANCELLED, details: 'Cancelled on client' });
    await cancelled.seen;
    const [state] = Object.values(client.interceptor.snapshot());
    expect(state?.policies.circuit_breaker?.consecutiveFailures).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ type: 'call', outcome: 'cancelled' }));
  });

  it('W5: a call that waits in a queue or for a retry ends at once', async () => {
    const waits = signal();
    const fails: Unary = (_, answer) => answer({ code: status.UNAVAILABLE });
    const { address } = await stage.serve({ unary: fails });
    const client = stage.client(address, {
      policies: [retry({ initialDelay: '1h', maxDelay: '1h', jitter: 'none' })],
    });
    client.interceptor.on('retry', () => waits.fire());
    const { answer, call } = startUnary(client, 'x');
    await waits.seen;
    call.cancel();
    expect((await errorOf(answer)).code).toBe(status.CANCELLED);

    const arrived = signal();
    const { address: there } = await stage.serve({ unary: () => arrived.fire() });
    const one = stage.client(there, { policies: [bulkhead({ maxConcurrent: 1, maxQueued: 1 })] });
    const first = startUnary(one, 'x');
    await arrived.seen;
    const queued = startUnary(one, 'x');
    queued.call.cancel();
    expect((await errorOf(queued.answer)).code).toBe(status.CANCELLED);
    first.call.cancel();
    await errorOf(first.answer);
    expect(one.interceptor.snapshot()['shop.Stock']?.inFlight).toBe(0);
  });

  it('W5: cancelled before anything happened, nothing is sent', async () => {
    let runs = 0;
    const { address } = await stage.serve({ unary: () => runs++ });
    const client = stage.client(address);
    const { answer, call } = startUnary(client, 'x');
    call.cancel();
    expect((await errorOf(answer)).code).toBe(status.CANCELLED);
    await unary(stage.client((await stage.serve({ unary: echo })).address), 'x');
    expect(runs).toBe(0);
  });
});

describe('refusals over grpc-js', () => {
  it('W8: an open breaker is UNAVAILABLE, and its error the cause', async () => {
    const fails: Unary = (_, answer) => answer({ code: status.INTERNAL, details: 'broken' });
    const { address } = await stage.serve({ unary: fails });
    const client = stage.client(address, {
      policies: { circuitBreaker: { consecutiveFailures: 1 } },
    });
    expect((await errorOf(unary(client, 'x'))).details).toBe('broken');
    const error = await errorOf(unary(client, 'x'));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.cause).toBeInstanceOf(CircuitOpenError);
    expect(error.details).toBe((error.cause as Error).message);
    expect(error.metadata).toBeInstanceOf(Metadata);
  });

  it('W8: too much at once is RESOURCE_EXHAUSTED', async () => {
    const arrived = signal();
    const { address } = await stage.serve({ unary: () => arrived.fire() });
    const full = stage.client(address, {
      policies: [bulkhead({ maxConcurrent: 1, maxQueued: 0 })],
    });
    const first = startUnary(full, 'x');
    await arrived.seen;
    const error = await errorOf(unary(full, 'x'));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.cause).toBeInstanceOf(BulkheadFullError);
    first.call.cancel();
    await errorOf(first.answer);
    const limited = stage.client((await stage.serve({ unary: echo })).address, {
      policies: [rateLimiter({ limit: 1, per: '1h' })],
    });
    await unary(limited, 'x');
    const second = await errorOf(unary(limited, 'x'));
    expect(second.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(second.cause).toBeInstanceOf(RateLimitedError);
    expect(LimitExceededError.code).toBe('ERR_LIMIT_EXCEEDED');
  });

  it('W8: what a function of the options throws, or answers wrongly, is INTERNAL and sends nothing', async () => {
    let runs = 0;
    const { address } = await stage.serve({ unary: () => runs++ });
    const oops = new Error('oops');
    const throws = stage.client(address, {
      key: () => {
        throw oops;
      },
    });
    const error = await errorOf(unary(throws, 'x'));
    expect(error).toMatchObject({ code: status.INTERNAL, cause: oops });
    const wrong = stage.client(address, { idempotent: (() => 'yes') as never });
    expect((await errorOf(unary(wrong, 'x'))).details).toMatch(/idempotent must return/);
    expect(runs).toBe(0);
  });

  it.each([
    ['a drain', {}, DrainingError],
    ['a rate limiter', { policies: [rateLimiter({ limit: 1, per: '1h' })] }, RateLimitedError],
    ['an option', { key: () => 7 as never }, ContractError],
  ])(
    'W8: what one inside refuses, by %s, is no failure of the upstream, and is not sent again',
    async (by, options, ofClass) => {
      const inside = grpcInterceptor({ ...options, name: 'inside' });
      if (by === 'a drain') await inside.drain();
      const outside = grpcInterceptor({
        policies: { retry: { initialDelay: 1 }, circuitBreaker: { consecutiveFailures: 1 } },
        idempotent: true,
      });
      const events: PipelineEvent[] = [];
      outside.on((event) => events.push(event));
      const { address } = await stage.serve({ unary: echo });
      const interceptors = [outside, inside] as Interceptor[];
      const client = stage.client(address, false, { interceptors });
      // The limiter lets one pass.
      await unary(client, 'x').catch(() => {});
      const errors = [await errorOf(unary(client, 'x')), await errorOf(unary(client, 'x'))];
      for (const error of errors) {
        expect(error.cause).toBeInstanceOf(ofClass);
        expect(error.details).toMatch(/inside|key must return/);
      }
      expect(events.filter(({ type }) => type === 'retry')).toEqual([]);
      const outcomes = events.flatMap((event) => (event.type === 'call' ? [event.outcome] : []));
      expect(outcomes.slice(-2)).toEqual(
        Array(2).fill(by === 'an option' ? 'failure' : 'rejected'),
      );
      const [state] = Object.values(outside.snapshot());
      expect(state?.policies.circuit_breaker?.state).toBe('closed');
      expect(state?.policies.circuit_breaker?.consecutiveFailures).toBe(0);
    },
  );

  it('W8: a closed client is no failure of the upstream', async () => {
    const { address } = await stage.serve({ unary: echo });
    const client = stage.client(address, { policies: { retry: { initialDelay: 1 } } });
    await unary(client, 'x');
    client.client.close();
    const error = await errorOf(unary(client, 'x'));
    expect(error.details).toMatch(/shut down/);
    const [state] = Object.values(client.interceptor.snapshot());
    expect(state?.policies.circuit_breaker?.consecutiveFailures).toBe(0);
  });

  it('W8: a fallback is refused when the interceptor is made, with the remedy', () => {
    const make = () => grpcInterceptor({ policies: [fallback('x'), retry()] });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(
      /grpcInterceptor\.policies: a fallback cannot answer here.*around the call/,
    );
  });

  it.each([
    [{ policy: [] }, /policy: unknown option "policy"/],
    [{ timeout: 5 }, /did you mean "policies.totalTimeout"/],
    [{ retryableStatusCodes: ['ABORTED'] }, /did you mean "retryable"/],
    [{ retryable: ['OK'] }, /retryable: must be a list of statuses other than OK/],
    [{ retryable: [14] }, /retryable: must be a list of statuses/],
    [{ retryable: 'UNAVAILABLE' }, /retryable: must be a list of statuses/],
    [{ idempotent: 'yes' }, /idempotent: must be true, false or a function of the method/],
    [{ idleTimeout: 0 }, /idleTimeout: must be a duration above 0/],
    [{ policies: 5 }, /policies: must be options of the standard policies/],
    [{ name: '' }, /name: must be a name/],
  ])('a wrong option is a ConfigError: %j', (options, message) => {
    expect(() => grpcInterceptor(options as never)).toThrow(ConfigError);
    expect(() => grpcInterceptor(options as never)).toThrow(message);
  });
});

describe('the pipelines behind grpc-js', () => {
  it('W1: each service has its own state, or what the key says', async () => {
    const { address } = await stage.serve({ unary: echo });
    const client = stage.client(address);
    await unary(client, 'x');
    expect(Object.keys(client.interceptor.snapshot())).toEqual(['shop.Stock']);
    const byMethod = stage.client(address, { key: ({ method }) => method });
    await unary(byMethod, 'x');
    expect(Object.keys(byMethod.interceptor.snapshot())).toEqual(['Unary']);
    const byHost = stage.client(address);
    await unary(byHost, 'x', { options: { host: 'stock.internal' } });
    expect(Object.keys(byHost.interceptor.snapshot())).toEqual(['stock.internal']);
  });

  it('W7: an answer such as NOT_FOUND is a success in telemetry; failures carry their status', async () => {
    const codes = [status.NOT_FOUND, status.INTERNAL];
    const fails: Unary = (call, answer) => answer({ code: codes[Number(call.request)] as number });
    const { address } = await stage.serve({ unary: fails });
    const client = stage.client(address, { name: 'stock' });
    const events: PipelineEvent[] = [];
    client.interceptor.on('attempt', (event) => events.push(event));
    for (const each of ['0', '1']) await errorOf(unary(client, each));
    expect(events).toMatchObject([
      { outcome: 'success', pipeline: 'stock', status: status.NOT_FOUND },
      { outcome: 'failure', pipeline: 'stock', status: status.INTERNAL },
    ]);
  });

  it('W7: what the client itself could not send counts for nothing, and is not tried again', async () => {
    const { address } = await stage.serve({ unary: echo });
    const client = stage.client(address, {
      idempotent: true,
      policies: { circuitBreaker: { consecutiveFailures: 1 } },
    });
    const events: PipelineEvent[] = [];
    client.interceptor.on((event) => events.push(event));
    const noToken = credentials.createFromMetadataGenerator((_, answer) =>
      answer(Object.assign(new Error('no token'), { code: status.UNAVAILABLE })),
    );
    const options = { credentials: noToken };
    expect((await errorOf(unary(client, 'x', { options }))).details).toMatch(/no token$/);
    expect((await errorOf(unary(client, 7 as never))).details).toMatch(/serialization failure/);
    expect(events.filter(({ type }) => type === 'retry')).toEqual([]);
    expect(await unary(client, 'x')).toBe('x');
  });

  it('W7: RESOURCE_EXHAUSTED does not open a breaker by itself', async () => {
    const fails: Unary = (_, answer) => answer({ code: status.RESOURCE_EXHAUSTED });
    const { address } = await stage.serve({ unary: fails });
    const policies = {
      circuitBreaker: { consecutiveFailures: 2 },
      adaptiveLimiter: false,
    } as const;
    const client = stage.client(address, { policies });
    for (let i = 0; i < 5; i++) await errorOf(unary(client, 'x'));
    const [state] = Object.values(client.interceptor.snapshot());
    expect(state?.policies.circuit_breaker?.state).toBe('closed');
  });

  it('W7: a message that is too large is not sent again, and counts for nothing', async () => {
    let runs = 0;
    const big: Unary = (_, answer) => {
      runs++;
      answer(null, 'x'.repeat(2_000));
    };
    const { address } = await stage.serve({ unary: big });
    const client = stage.client(
      address,
      { idempotent: true, retryable: ['RESOURCE_EXHAUSTED'] },
      { 'grpc.max_receive_message_length': 1_000, 'grpc.max_send_message_length': 1_000 },
    );
    expect((await errorOf(unary(client, 'x'))).code).toBe(status.RESOURCE_EXHAUSTED);
    expect((await errorOf(unary(client, 'x'.repeat(2_000)))).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(runs).toBe(1);
    const [state] = Object.values(client.interceptor.snapshot());
    expect(state?.policies.circuit_breaker?.consecutiveFailures).toBe(0);
  });

  it('W1: an interceptor joins a registry', async () => {
    const all = registry();
    const { address } = await stage.serve({ unary: echo });
    const client = stage.client(address, { name: 'stock', registry: all, critical: true });
    expect(() => grpcInterceptor({ name: 'stock', registry: all })).toThrow(ConfigError);
    expect(all.get('stock')).toMatchObject({ kind: 'grpc', critical: true });
    all.require('stock');
    await unary(client, 'x');
    expect(all.health().status).toBe('ok');
    client.interceptor.dispose();
    expect(all.size).toBe(0);
    expect(() => grpcInterceptor({ critical: true })).toThrow(/grpcInterceptor\.critical/);
  });

  /** Whom the client of a map calls, once the map is joined with that of a service. */
  async function joined(options: object, service: string, addresses: string[], keys: string[]) {
    const own = registry();
    const { address } = await stage.serve({ unary: echo });
    const client = stage.client(address, {
      registry: own,
      key: ({ service: by }) => keys.shift() ?? by,
      ...options,
    });
    for (const _ of [...keys]) await unary(client, 'x');
    const there = await registry().map({ service, addresses });
    const { edges } = joinMaps(await own.map({ service: 'web' }), there);
    return edges.map(({ from, to }) => `${from} ${to}`);
  }

  it('W18: in joined maps, what is called is the service of its name or of its address, whatever its keys', async () => {
    const calls = 'service:web service:payments';
    expect(await joined({ name: 'payments' }, 'payments', [], ['a'])).toEqual([calls]);
    const target = { name: 'money', address: 'dns:///payments.internal:50051' };
    const addresses = ['payments.internal:50051'];
    expect(await joined(target, 'payments', addresses, ['a'])).toEqual([calls]);
    expect(await joined(target, 'payments', addresses, ['a', 'b'])).toEqual([calls, calls]);
    const byHost = { name: 'payments', address: 'payments:50051' };
    expect(await joined(byHost, 'payments', [], ['a', 'b'])).toEqual([calls, calls]);
    const elsewhere = { name: 'money', address: 'payments.internal:1' };
    expect(await joined(elsewhere, 'payments', addresses, ['a'])).toEqual([
      'service:web dependency:money',
    ]);
  });

  it.each([7, '', 'unix:', 'dns:///', 'inventory:port', 'two words'])(
    'W18: %j is no address',
    (address) => {
      const make = () => grpcInterceptor({ address: address as string });
      expect(make).toThrow(/grpcInterceptor\.address: must be .*'inventory:50051'/);
    },
  );

  it('W12: a drain waits for calls in flight, and refuses new ones', async () => {
    const arrived = signal<sendUnaryData<string>>();
    const holds: Unary = (_, answer) => arrived.fire(answer);
    const { address } = await stage.serve({ unary: holds });
    const client = stage.client(address);
    const running = unary(client, 'x');
    const answer = await arrived.seen;
    const drained = client.interceptor.drain('5s');
    const refused = await errorOf(unary(client, 'x'));
    expect(refused).toMatchObject({ code: status.UNAVAILABLE });
    expect(refused.cause).toBeInstanceOf(DrainingError);
    answer(null, 'done');
    expect(await running).toBe('done');
    expect(await drained).toEqual({ inFlight: 0, streams: 0, byKey: {} });
  });

  it('an exception in the callback of the caller is uncaught, as without the interceptor', async () => {
    const { address } = await stage.serve({ unary: echo });
    const { client } = stage.client(address);
    const oops = new Error('oops');
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      const [error, origin] = await new Promise<unknown[]>((resolve) => {
        process.once('uncaughtException', (...args) => resolve(args));
        const bytes = (text: string): Buffer => Buffer.from(text);
        client.makeUnaryRequest('/shop.Stock/Unary', bytes, String, 'x', () => {
          throw oops;
        });
      });
      expect(error).toBe(oops);
      expect(origin).toBe('uncaughtException');
    } finally {
      for (const each of listeners) process.on('uncaughtException', each);
    }
  });
});
