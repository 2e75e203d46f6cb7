import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Joinable, keyed, type Listener, type Pipeline, pipeline } from '../../src/index.js';
import { bucketOf, Latency, quantileOf } from '../../src/registry/latency.js';
import { VirtualClock } from '../../src/testing/index.js';

function growthOf(durations: readonly number[]) {
  const counts = new Array<number>(200).fill(0);
  for (const each of durations) {
    const bucket = bucketOf(each);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  return { overMs: 1_000, counts };
}

async function callFor(clock: VirtualClock, through: Pipeline, ms: number): Promise<void> {
  const call = through.execute(
    () => new Promise<void>((resolve) => void clock.setTimer(resolve, ms)),
  );
  await clock.advance(ms);
  await call;
}

describe('a percentile of durations', () => {
  it('V3: is exact to 5% from 1/8 ms to 10 minutes', () => {
    const durations = fc.array(fc.double({ min: 0.125, max: 600_000, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (given, share) => {
        const sorted = [...given].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * share - 1e-9) - 1] as number;
        const found = quantileOf(growthOf(given), share) as number;
        expect(Math.abs(found / exact - 1)).toBeLessThanOrEqual(0.05);
      }),
    );
  });

  it('takes what is shorter or longer into its first and last bucket', () => {
    expect(quantileOf(growthOf([0]), 0.99)).toBeCloseTo(0.13, 2);
    expect(quantileOf(growthOf([0.001]), 0.99)).toBeCloseTo(0.13, 2);
    expect(quantileOf(growthOf([1e12]), 0.99)).toBeGreaterThan(600_000);
  });

  it('is not known without calls', () => {
    expect(quantileOf(growthOf([]), 0.99)).toBeUndefined();
  });
});

describe('Latency', () => {
  it('measures the calls of a pipeline from when it is asked to', async () => {
    const clock = new VirtualClock();
    const orders = pipeline({ name: 'orders', clock });
    await callFor(clock, orders, 5_000);
    const latency = new Latency(orders, () => clock.now());
    for (let i = 0; i < 98; i++) await callFor(clock, orders, 10);
    for (let i = 0; i < 2; i++) await callFor(clock, orders, 2_000);
    const measured = latency.look();
    expect(measured?.overMs).toBe(98 * 10 + 4_000);
    expect(measured?.rate).toBeCloseTo(100 / 4.98, 5);
    expect(measured?.p99Ms).toBeGreaterThan(1_900);
    expect(measured?.p99Ms).toBeLessThan(2_100);
  });

  it('V3: leaves refusals out of percentiles', async () => {
    const clock = new VirtualClock();
    const orders = pipeline({ name: 'orders', clock });
    const latency = new Latency(orders, () => clock.now());
    await callFor(clock, orders, 100);
    await orders.drain();
    for (let i = 0; i < 299; i++) await orders.settle(async () => 1);
    await clock.advance(1_000);
    expect(latency.look()).toMatchObject({ refusedShare: 299 / 300, errorShare: 0 });
    expect(latency.look()?.p99Ms).toBeGreaterThan(95);
  });

  it('counts a body that fails as the failure of a call that has been counted', async () => {
    const clock = new VirtualClock();
    let tell: Listener | undefined;
    const client = {
      on: (listener: Listener) => {
        tell = listener;
        return () => undefined;
      },
    } as unknown as Joinable;
    const latency = new Latency(client, () => clock.now());
    const where = { pipeline: 'stock', key: 'http://stock', policy: undefined, callId: 1 };
    tell?.({ type: 'call', outcome: 'success', attempts: 1, durationMs: 20, ...where });
    tell?.({ type: 'call', outcome: 'success', attempts: 1, durationMs: 20, ...where });
    tell?.({ type: 'body_failure', durationMs: 9_000, error: new Error('cut'), ...where });
    tell?.({ type: 'queued', queued: 3, ...where, policy: 'bulkhead' });
    await clock.advance(1_000);
    for (const measured of [latency.look(), latency.lookAt('http://stock')]) {
      expect(measured).toMatchObject({ rate: 2, errorShare: 0.5 });
      expect(measured?.p99Ms).toBeLessThan(22);
    }
  });

  it('measures up to 100 keys apart, and gives the place of one that is idle to another', async () => {
    const clock = new VirtualClock();
    const tenants = keyed(pipeline({ name: 'tenants', clock }));
    const latency = new Latency(tenants, () => clock.now());
    const call = (key: string) => tenants.execute(key, async () => 1);
    for (let i = 0; i < 101; i++) await call(`t${i}`);
    await clock.advance(1_000);
    expect(latency.lookAt('t0')?.rate).toBe(1);
    expect(latency.lookAt('t100')).toBeUndefined();
    expect(latency.look()?.rate).toBe(101);
    // The first looks replace the marks after 30 s, and the next ones compare with these.
    await clock.advance(40_000);
    latency.lookAt('t0');
    await clock.advance(40_000);
    expect(latency.lookAt('t0')?.rate).toBe(0);
    await call('t100');
    await clock.advance(2_000);
    expect(latency.lookAt('t100')?.rate).toBe(0.5);
  });
});
