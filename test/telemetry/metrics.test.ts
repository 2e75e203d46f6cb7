import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import {
  bulkhead,
  ConstantBackoff,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics, unregister } from './support/sdk.js';

afterEach(unregister);

const fails = (error: unknown = new TypeError('down')) => Promise.reject(error);
const P = 'holdfast.pipeline';
let names = 0;
/** A name that no other test's pipeline has. */
const fresh = (): string => `p${++names}`;

describe('metrics of calls', () => {
  it('a success is counted once, as a call and as an attempt', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(name, retry(), timeout('1s'));
    for (let i = 0; i < 3; i++) await made.execute(() => 1);
    expect(await sdk.points('holdfast.calls', { [P]: name })).toEqual([
      { labels: { 'holdfast.outcome': 'success', 'holdfast.retried': false }, value: 3 },
    ]);
    expect(await sdk.points('holdfast.attempts', { [P]: name })).toEqual([
      { labels: { 'holdfast.attempt.kind': 'first', 'holdfast.outcome': 'success' }, value: 3 },
    ]);
  });

  it('each outcome is told apart, with the type of its error', async () => {
    const sdk = new Metrics().register();
    const clock = new VirtualClock();
    const name = fresh();
    const made = pipeline(
      { name, clock },
      timeout({ duration: '1s', name: 'limit' }),
      retry({ maxRetries: 1, backoff: new ConstantBackoff(0) }),
      bulkhead({ maxConcurrent: 1 }),
    );
    let calls = 0;
    await made.settle(() => (++calls === 1 ? fails() : 1));
    await made.settle(() => fails());
    const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    await made.settle(() => fails(new TypeError('fetch failed', { cause: refused })));
    const abort = new AbortController();
    const cancelled = made.settle(() => new Promise(() => {}), { signal: abort.signal });
    abort.abort();
    await cancelled;
    const points = await sdk.points('holdfast.calls', { [P]: name });
    const told = points.map(
      ({ labels, value }) =>
        `${labels['holdfast.outcome']} ${labels['holdfast.retried']} ${labels['error.type']} ${value}`,
    );
    expect(told.sort()).toEqual([
      'cancelled false AbortError 1',
      'failure true ECONNREFUSED 1',
      'failure true TypeError 1',
      'success true undefined 1',
    ]);
    // The operation that was given up still holds its slot.
    await clock.runUntil(made.settle(() => 1));
    expect(
      await sdk.points('holdfast.calls', { [P]: name, 'holdfast.outcome': 'rejected' }),
    ).toEqual([
      { labels: { 'holdfast.retried': false, 'error.type': 'ERR_BULKHEAD_FULL' }, value: 1 },
    ]);
    expect(await sdk.points('holdfast.rejections', { [P]: name })).toEqual([
      {
        labels: {
          'holdfast.policy': 'bulkhead',
          'holdfast.reason': 'bulkhead_full',
          'holdfast.enforced': true,
        },
        value: 1,
      },
    ]);
  });

  it('timeouts and fallbacks are outcomes of their own', async () => {
    const sdk = new Metrics().register();
    const clock = new VirtualClock();
    const slow = fresh();
    const late = pipeline({ name: slow, clock }, timeout('1s')).settle(() => new Promise(() => {}));
    await clock.runUntil(late);
    expect(await sdk.points('holdfast.calls', { [P]: slow })).toEqual([
      {
        labels: {
          'holdfast.outcome': 'timeout',
          'holdfast.retried': false,
          'error.type': 'ERR_TIMEOUT',
        },
        value: 1,
      },
    ]);
    const degraded = fresh();
    await pipeline(degraded, fallback(0)).execute(() => fails());
    expect(await sdk.points('holdfast.calls', { [P]: degraded })).toEqual([
      { labels: { 'holdfast.outcome': 'fallback', 'holdfast.retried': false }, value: 1 },
    ]);
  });

  it('durations are seconds, in the buckets of the HTTP convention, one a call', async () => {
    const sdk = new Metrics().register();
    const clock = new VirtualClock();
    const name = fresh();
    const made = pipeline(
      { name, clock },
      retry({ maxRetries: 1, backoff: new ConstantBackoff(250) }),
    );
    let calls = 0;
    await clock.runUntil(made.execute(() => (++calls === 1 ? fails() : 1)));
    const [duration, ...others] = await sdk.histogram('holdfast.call.duration', { [P]: name });
    expect(others).toEqual([]);
    expect(duration?.count).toBe(1);
    expect(duration?.sum).toBe(0.25);
    expect(duration?.buckets.boundaries).toEqual([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]);
    const [delay] = await sdk.histogram('holdfast.retry.delay', {
      [P]: name,
      'holdfast.policy': 'retry',
    });
    expect(delay).toMatchObject({ count: 1, sum: 0.25 });
  });

  it('error types are bounded, whatever is thrown', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(name);
    for (let i = 0; i < 200; i++) {
      await made.settle(() => fails(Object.assign(new Error('x'), { code: `ERR_TENANT_${i}` })));
    }
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('hands off');
        },
      },
    );
    for (const thrown of [undefined, null, 'text', 7, hostile, { code: 'a b' }]) {
      await made.settle(() => fails(thrown));
    }
    const points = await sdk.points('holdfast.calls', { [P]: name });
    expect(points.length).toBeLessThanOrEqual(31);
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(206);
  });

  it('what nobody is told costs no record: telemetry: false leaves no trace', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    await pipeline({ name, telemetry: false }, circuitBreaker(), bulkhead()).execute(() => 1);
    for (const metric of ['holdfast.calls', 'holdfast.call.duration', 'holdfast.bulkhead.limit']) {
      expect(await sdk.points(metric, { [P]: name })).toEqual([]);
    }
  });
});

describe('an SDK', () => {
  it('that is registered after the pipelines were made, and after calls, receives everything', async () => {
    const name = fresh();
    const made = pipeline(name, circuitBreaker());
    await made.execute(() => 1);
    const sdk = new Metrics().register();
    await made.execute(() => 1);
    // Counters are integers of our own: they know the first call too. The duration could not be recorded.
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(2);
    expect(await sdk.sum('holdfast.call.duration', { [P]: name })).toBe(1);
    expect(
      await sdk.sum('holdfast.circuit_breaker.state', { [P]: name, 'holdfast.state': 'closed' }),
    ).toBe(1);
  });

  it('shows the gauges of pipelines that have not been called', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(name, bulkhead({ maxConcurrent: 7 }));
    expect(await sdk.points('holdfast.bulkhead.limit', { [P]: name })).toEqual([
      { labels: { 'holdfast.policy': 'bulkhead' }, value: 7 },
    ]);
    made.dispose();
  });

  it('that replaces another receives what comes from then on', async () => {
    const name = fresh();
    const first = new Metrics().register();
    const made = pipeline(name);
    await made.execute(() => 1);
    const second = new Metrics().register();
    await made.execute(() => 1);
    expect(await second.sum('holdfast.call.duration', { [P]: name })).toBe(1);
    expect(await second.sum('holdfast.calls', { [P]: name })).toBe(2);
    expect(await first.sum('holdfast.call.duration', { [P]: name })).toBe(1);
  });

  it('of the pipeline alone gets it, and the global one does not', async () => {
    const global = new Metrics().register();
    const own = new Metrics();
    const name = fresh();
    const made = pipeline({ name, telemetry: { meterProvider: own.provider } }, bulkhead());
    await made.execute(() => 1);
    expect(await own.sum('holdfast.calls', { [P]: name })).toBe(1);
    expect(await own.sum('holdfast.call.duration', { [P]: name })).toBe(1);
    expect(await own.sum('holdfast.bulkhead.limit', { [P]: name })).toBe(100);
    expect(await global.points('holdfast.calls', { [P]: name })).toEqual([]);
  });

  it('with delta temporality gets each count once', async () => {
    const sdk = new Metrics(AggregationTemporality.DELTA).register();
    const name = fresh();
    const made = pipeline(name);
    await made.execute(() => 1);
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(1);
    await made.execute(() => 1);
    await made.execute(() => 1);
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(2);
  });

  it('whose instruments throw changes nothing in a call', async () => {
    const broken = {
      getMeter(): never {
        throw new Error('no meter');
      },
    };
    const made = pipeline({ name: fresh(), telemetry: { meterProvider: broken } }, retry());
    expect(await made.execute(() => 1)).toBe(1);
  });
});

describe('metrics of policies', () => {
  it('the state of a breaker is 1 for the current one, and clears when its open time is over', async () => {
    const sdk = new Metrics().register();
    const clock = new VirtualClock();
    const name = fresh();
    const breaker = circuitBreaker({
      consecutiveFailures: 2,
      failingFor: 0,
      openFor: '5s',
      probes: 1,
    });
    const made = pipeline({ name, clock }, breaker);
    const states = async () =>
      Object.fromEntries(
        (await sdk.points('holdfast.circuit_breaker.state', { [P]: name })).map(
          ({ labels, value }) => [labels['holdfast.state'], value],
        ),
      );
    expect(await states()).toEqual({ closed: 1, open: 0, half_open: 0, isolated: 0 });
    await made.settle(() => fails());
    expect(await sdk.sum('holdfast.circuit_breaker.failure_rate', { [P]: name })).toBe(1);
    await made.settle(() => fails());
    expect(await states()).toEqual({ closed: 0, open: 1, half_open: 0, isolated: 0 });
    await clock.advance(20_000);
    expect(await states()).toEqual({ closed: 0, open: 0, half_open: 1, isolated: 0 });
    await made.execute(() => 1);
    expect(await states()).toEqual({ closed: 1, open: 0, half_open: 0, isolated: 0 });
    const isolation = breaker.isolate();
    expect(await states()).toEqual({ closed: 0, open: 0, half_open: 0, isolated: 1 });
    isolation.release();
    const transitions = await sdk.points('holdfast.circuit_breaker.transitions', { [P]: name });
    expect(
      Object.fromEntries(transitions.map(({ labels, value }) => [labels['holdfast.state'], value])),
    ).toEqual({ open: 1, half_open: 1, closed: 2, isolated: 1 });
  });

  it('slow calls are shown where slowness is judged', async () => {
    const sdk = new Metrics().register();
    const clock = new VirtualClock();
    const name = fresh();
    const made = pipeline(
      { name, clock },
      circuitBreaker({ slowCallDuration: '1s', slowCallRate: 0.5 }),
    );
    await made.execute(() => 1);
    await clock.runUntil(
      made.execute(() => new Promise((resolve) => clock.setTimer(() => resolve(1), 2_000))),
    );
    expect(await sdk.sum('holdfast.circuit_breaker.slow_call_rate', { [P]: name })).toBe(0.5);
  });

  it('a bulkhead shows what is inside and what waits; a budget what it allows', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(
      name,
      retry({ budget: { ratio: 0.5, minPerSecond: 4 } }),
      bulkhead({ maxConcurrent: 2, maxQueued: 5 }),
    );
    const release: ((value: number) => void)[] = [];
    const calls = Array.from({ length: 5 }, () =>
      made.execute(() => new Promise<number>((resolve) => release.push(resolve))),
    );
    expect(await sdk.sum('holdfast.bulkhead.in_flight', { [P]: name })).toBe(2);
    expect(await sdk.sum('holdfast.bulkhead.queued', { [P]: name })).toBe(3);
    expect(await sdk.sum('holdfast.bulkhead.limit', { [P]: name })).toBe(2);
    expect(await sdk.sum('holdfast.retry_budget.balance', { [P]: name })).toBe(
      4 + Math.floor(0.5 * 5),
    );
    while (release.length > 0) {
      release.shift()?.(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(calls);
    expect(await sdk.sum('holdfast.bulkhead.in_flight', { [P]: name })).toBe(0);
  });

  it('a dry run counts what it would have refused', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(
      name,
      circuitBreaker({ consecutiveFailures: 1, dryRun: true }),
      bulkhead({ maxConcurrent: 1, dryRun: true }),
    );
    await made.settle(() => fails());
    const slow = () => new Promise((resolve) => setImmediate(resolve));
    await Promise.all([made.settle(slow), made.settle(slow)]);
    const points = await sdk.points('holdfast.rejections', { [P]: name });
    expect(
      points.map(({ labels, value }) => [
        labels['holdfast.reason'],
        labels['holdfast.enforced'],
        value,
      ]),
    ).toEqual([
      ['circuit_open', false, 2],
      ['bulkhead_full', false, 1],
    ]);
  });

  it('a policy that cannot say how it is disturbs no collection', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const made = pipeline(
      name,
      {
        role: 'gate',
        type: 'moody',
        enter: () => undefined,
        exit() {},
        measure() {
          throw new Error('not today');
        },
      },
      bulkhead(),
    );
    await made.execute(() => 1);
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(1);
    expect(await sdk.sum('holdfast.bulkhead.limit', { [P]: name })).toBe(100);
  });
});

describe('keyed pipelines', () => {
  it('report under the name of their template: breakers by state, calls together', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const byHost = keyed(
      pipeline(name, circuitBreaker({ consecutiveFailures: 1 }), bulkhead({ maxConcurrent: 3 })),
    );
    for (const host of ['a', 'b', 'c']) await byHost.execute(host, () => 1);
    await byHost.settle('c', () => fails());
    const states = await sdk.points('holdfast.circuit_breaker.state', { [P]: name });
    expect(
      Object.fromEntries(states.map(({ labels, value }) => [labels['holdfast.state'], value])),
    ).toEqual({ closed: 2, open: 1, half_open: 0, isolated: 0 });
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(4);
    expect(await sdk.sum('holdfast.bulkhead.limit', { [P]: name })).toBe(9);
    expect(
      await sdk.sum('holdfast.circuit_breaker.transitions', {
        [P]: name,
        'holdfast.state': 'open',
      }),
    ).toBe(1);
    expect(await sdk.sum('holdfast.circuit_breaker.failure_rate', { [P]: name })).toBe(0);
  });

  it('copies that are dropped vanish from gauges, and their counts stay', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const byHost = keyed(pipeline(name, circuitBreaker({ consecutiveFailures: 1 }), bulkhead()));
    for (const host of ['a', 'b']) await byHost.settle(host, () => fails());
    byHost.delete('a');
    const open = { [P]: name, 'holdfast.state': 'open' };
    expect(await sdk.sum('holdfast.circuit_breaker.state', open)).toBe(1);
    expect(await sdk.sum('holdfast.circuit_breaker.transitions', open)).toBe(2);
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(2);
    byHost.dispose();
    expect(await sdk.sum('holdfast.circuit_breaker.state', { [P]: name })).toBe(0);
    expect(await sdk.sum('holdfast.bulkhead.limit', { [P]: name })).toBe(0);
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(2);
  });

  it('many keys are one series a metric', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const byTenant = keyed(pipeline(name, circuitBreaker(), bulkhead()), { maxKeys: 20_000 });
    for (let i = 0; i < 10_000; i++) byTenant.get(`tenant-${i}`);
    expect(await sdk.points('holdfast.bulkhead.limit', { [P]: name })).toHaveLength(1);
    const states = { [P]: name, 'holdfast.state': 'closed' };
    expect(await sdk.sum('holdfast.circuit_breaker.state', states)).toBe(10_000);
  });

  it('attributes of a key make series of their own, a hundred at most', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const byKey = keyed(
      pipeline(
        {
          name,
          telemetry: { attributes: (key) => ({ region: key.split('/')[0] as string }) },
        },
        // Longer than a test may take, so that it is still open when its state is read.
        circuitBreaker({ consecutiveFailures: 1, openFor: '1h' }),
      ),
      { maxKeys: 1_000 },
    );
    for (const key of ['eu/1', 'eu/2', 'us/1']) await byKey.execute(key, () => 1);
    await byKey.settle('us/1', () => fails());
    expect(await sdk.sum('holdfast.calls', { [P]: name, region: 'eu' })).toBe(2);
    expect(await sdk.sum('holdfast.call.duration', { [P]: name, region: 'us' })).toBe(2);
    expect(
      await sdk.sum('holdfast.circuit_breaker.state', {
        [P]: name,
        region: 'us',
        'holdfast.state': 'open',
      }),
    ).toBe(1);
    for (let i = 0; i < 300; i++) await byKey.execute(`r${i}/1`, () => 1);
    const points = await sdk.points('holdfast.call.duration', { [P]: name });
    // A hundred sets and one for the rest; one of them has a failure too.
    expect(points.length).toBe(102);
    expect(await sdk.sum('holdfast.calls', { [P]: name, 'otel.metric.overflow': true })).toBe(
      302 - 100,
    );
  });
});

describe('pipelines that are gone', () => {
  it('vanish from gauges when they are disposed of, and their counters stay', async () => {
    const sdk = new Metrics(AggregationTemporality.DELTA).register();
    const name = fresh();
    const made = pipeline(name, bulkhead(), circuitBreaker());
    await made.execute(() => 1);
    await sdk.sum('holdfast.calls');
    made.dispose();
    const metric = 'holdfast.bulkhead.limit';
    // One last 0, as SDKs with cumulative temporality repeat the last value for ever.
    expect(await sdk.points(metric, { [P]: name })).toEqual([
      { labels: { 'holdfast.policy': 'bulkhead' }, value: 0 },
    ]);
    expect(await sdk.points(metric, { [P]: name })).toEqual([]);
  });

  it('are not kept alive by telemetry, and their counters never go back', async () => {
    const sdk = new Metrics().register();
    const name = fresh();
    const kept = pipeline(name, circuitBreaker());
    await kept.execute(() => 1);
    const gone = await (async () => {
      const made = pipeline(name, circuitBreaker({ consecutiveFailures: 1 }));
      await made.settle(() => fails());
      return new WeakRef(made);
    })();
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(2);
    // The engine's pool keeps the pipeline of its last call.
    await kept.execute(() => 1);
    for (let i = 0; i < 50 && gone.deref() !== undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      globalThis.gc?.();
    }
    expect(gone.deref()).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await sdk.sum('holdfast.calls', { [P]: name })).toBe(3);
    const opened = { [P]: name, 'holdfast.state': 'open' };
    expect(await sdk.sum('holdfast.circuit_breaker.transitions', opened)).toBe(1);
    expect(await sdk.sum('holdfast.circuit_breaker.state', opened)).toBe(0);
    expect(kept.name).toBe(name);
  });
});
