import { context, createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Gate } from 'holdfast';
import {
  adaptiveLimiter,
  bulkhead,
  ConstantBackoff,
  keyed,
  pipeline,
  RejectedError,
  rateLimiter,
  retry,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';
import { Metrics, Traces, unregister } from './support/sdk.js';

afterEach(unregister);

const P = 'holdfast.pipeline';
const WAIT = 'holdfast.queue.wait';
const REACHED = 'holdfast.limit.reached';
let names = 0;
const fresh = (): string => `q${++names}`;

/** How many waited at each policy, and for how many seconds in all. */
async function waits(sdk: Metrics, name: string): Promise<Record<string, [number, number]>> {
  const found: Record<string, [number, number]> = {};
  for (const { labels } of await sdk.points(WAIT, { [P]: name })) {
    const policy = labels['holdfast.policy'] as string;
    const [histogram] = await sdk.histogram(WAIT, { [P]: name, 'holdfast.policy': policy });
    found[policy] = [histogram?.count ?? 0, histogram?.sum ?? 0];
  }
  return found;
}

const sleep = (clock: VirtualClock, ms: number) => () =>
  new Promise<void>((resolve) => clock.setTimer(resolve, ms));

it('calls that wait at a bulkhead, a rate limiter and an adaptive limiter are timed, and no others', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const [pool, rate, limit] = [fresh(), fresh(), fresh()];
  const wide = { maxQueued: 9 };
  const made = [
    pipeline({ name: pool, clock }, bulkhead({ maxConcurrent: 1, ...wide })),
    pipeline({ name: rate, clock }, rateLimiter({ limit: 1, per: '1s', maxWait: '9s' })),
    pipeline(
      { name: limit, clock },
      adaptiveLimiter({
        algorithm: 'aimd',
        minLimit: 1,
        initialLimit: 1,
        maxLimit: 1,
        maxWait: '9s',
        ...wide,
      }),
    ),
  ];
  const calls = made.flatMap((each) => [1, 2, 3].map(() => each.execute(sleep(clock, 500))));
  await clock.runUntil(Promise.all(calls));
  expect(await waits(sdk, pool)).toEqual({ bulkhead: [2, 0.5 + 1] });
  expect(await waits(sdk, rate)).toEqual({ rate_limiter: [2, 1 + 2] });
  expect(await waits(sdk, limit)).toEqual({ adaptive_limiter: [2, 0.5 + 1] });
  for (const [name, policy] of [
    [pool, 'bulkhead'],
    [rate, 'rate_limiter'],
    [limit, 'adaptive_limiter'],
  ] as const) {
    const labels = { 'holdfast.policy': policy };
    expect(await sdk.points(REACHED, { [P]: name })).toEqual([{ labels, value: 2 }]);
  }
});

it('who waits in vain has waited as well: refused, timed out, or given up by the caller', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const name = fresh();
  const made = pipeline(
    { name, clock },
    timeout('4s'),
    bulkhead({ maxConcurrent: 1, maxQueued: 2, maxWait: '3s' }),
  );
  const abort = new AbortController();
  const first = made.settle(sleep(clock, 3_900));
  const given = made.settle(() => 1, { signal: abort.signal });
  const refused = made.settle(() => 1);
  // The queue is full.
  await made.settle(() => 1);
  await clock.advance(1_000);
  abort.abort();
  await given;
  await clock.runUntil(Promise.all([first, refused]));
  expect(await waits(sdk, name)).toEqual({ bulkhead: [2, 1 + 3] });
  const second = fresh();
  const late = pipeline(
    { name: second, clock },
    timeout('2s'),
    bulkhead({ maxConcurrent: 1, maxQueued: 1 }),
  );
  const outer = new Promise(() => {});
  await clock.runUntil(Promise.all([late.settle(() => outer), late.settle(() => 1)]));
  expect(await waits(sdk, second)).toEqual({ bulkhead: [1, 2] });
  // Two that waited, and one that was refused at once.
  expect(await sdk.sum(REACHED, { [P]: name })).toBe(3);
});

it('each attempt of a call waits for itself, and the copies of a keyed pipeline report together', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const name = fresh();
  const byKey = keyed(
    pipeline(
      { name, clock },
      retry({ maxRetries: 1, backoff: new ConstantBackoff(0) }),
      rateLimiter({ limit: 1, per: '1s', maxWait: '9s' }),
    ),
  );
  const fails = () => Promise.reject(new TypeError('down'));
  await clock.runUntil(Promise.all(['a', 'b'].map((key) => byKey.settle(key, fails))));
  expect(await waits(sdk, name)).toEqual({ rate_limiter: [2, 1 + 1] });
});

it('a gate of the user that has calls wait is timed, too, and reaches a limit where it says so', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const name = fresh();
  const gate = (type: string, limit: boolean): Gate => ({
    role: 'gate',
    type,
    refusals: { reasons: [], limit },
    enter: async () => {
      await sleep(clock, 250)();
      return undefined;
    },
    exit() {},
  });
  const made = pipeline({ name, clock }, gate('token', false), gate('quota', true));
  await clock.runUntil(made.execute(() => 1));
  expect(await waits(sdk, name)).toEqual({ token: [1, 0.25], quota: [1, 0.25] });
  expect(await sdk.points(REACHED, { [P]: name })).toEqual([
    { labels: { 'holdfast.policy': 'quota' }, value: 1 },
  ]);
});

it('G4: a gate that cannot say how it refuses is asked in vain, and refuses', async () => {
  const sdk = new Metrics().register();
  const name = fresh();
  const moody: Gate = {
    role: 'gate',
    type: 'moody',
    get refusals(): never {
      throw new Error('not today');
    },
    enter: () => new RejectedError('no'),
    exit() {},
  };
  const { role, enter, exit } = moody;
  const vague = { role, enter, exit, type: 'vague', refusals: 'all' } as unknown as Gate;
  for (const gate of [moody, vague]) {
    const made = pipeline(name, gate);
    await expect(made.execute(() => 1)).rejects.toBeInstanceOf(RejectedError);
  }
  expect(await sdk.sum('holdfast.rejections', { [P]: name })).toBe(2);
  expect(await sdk.begun(REACHED, { [P]: name })).toEqual([]);
});

it('a dry run has nobody wait, and reaches no limit', async () => {
  const sdk = new Metrics().register();
  const name = fresh();
  const made = pipeline(name, bulkhead({ maxConcurrent: 1, dryRun: true }));
  const slow = () => new Promise((resolve) => setImmediate(resolve));
  await Promise.all([made.execute(slow), made.execute(slow)]);
  expect(await sdk.sum('holdfast.rejections', { [P]: name })).toBe(1);
  expect(await sdk.begun(REACHED, { [P]: name })).toEqual([]);
  expect(await waits(sdk, name)).toEqual({});
});

it('requests through fetch and through undici wait as any call does', async () => {
  const sdk = new Metrics().register();
  const servers = new Servers();
  const port = await servers.http((_request, response) => {
    setTimeout(() => response.end('yes'), 20);
  });
  const url = `http://127.0.0.1:${port}/`;
  const policies = [bulkhead({ maxConcurrent: 1, maxQueued: 9 })];
  const [name, second] = [fresh(), fresh()];
  const send = resilientFetch({ name, policies });
  const agent = new Agent().compose(resilience({ name: second, policies }));
  const texts = await Promise.all([
    ...[1, 2, 3].map(async () => (await send(url)).text()),
    ...[1, 2, 3].map(async () => (await request(url, { dispatcher: agent })).body.text()),
  ]);
  expect(new Set(texts)).toEqual(new Set(['yes']));
  for (const each of [name, second]) {
    const { bulkhead: [count, sum] = [0, 0] } = await waits(sdk, each);
    expect(count).toBe(2);
    expect(sum).toBeGreaterThan(0.02);
    expect(await sdk.sum(REACHED, { [P]: each })).toBe(2);
  }
  await agent.close();
  await servers.close();
});

it('the wait of a call in a context is recorded in that context', async () => {
  new Traces().register();
  const seen: unknown[] = [];
  const key = createContextKey('request');
  const sdk = new Metrics();
  const { provider } = sdk;
  const meter = provider.getMeter.bind(provider);
  const meterProvider = {
    getMeter: (...args: Parameters<typeof meter>) => {
      const own = meter(...args);
      const make = own.createHistogram.bind(own);
      own.createHistogram = (name, options) => {
        const histogram = make(name, options);
        if (name !== WAIT) return histogram;
        const record = histogram.record.bind(histogram);
        histogram.record = (value, attributes, at) => {
          seen.push(at === ROOT_CONTEXT ? 'none' : at?.getValue(key));
          record(value, attributes, at);
        };
        return histogram;
      };
      return own;
    },
  };
  const made = pipeline(
    { name: fresh(), telemetry: { meterProvider } },
    bulkhead({ maxConcurrent: 1, maxQueued: 9 }),
  );
  const slow = () => new Promise((resolve) => setImmediate(resolve));
  const call = (request: string) =>
    context.with(context.active().setValue(key, request), () => made.execute(slow));
  await Promise.all([call('a'), call('b'), call('c'), made.execute(slow)]);
  expect(seen).toEqual(['b', 'c', 'none']);
  expect(trace.getActiveSpan()).toBeUndefined();
});
