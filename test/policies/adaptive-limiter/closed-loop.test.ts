import {
  type AdaptiveLimiterOptions,
  adaptiveLimiter,
  handleWhenResult,
  pipeline,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { Load, Upstream } from './support/closed-loop.js';

/**
 * The limiter against an upstream with a queue, under independent clients, in virtual time. What fits: 40 requests at a time, of
 * 50 ms each, so 800 a second.
 */
const CAPACITY = 40;
const SERVICE_MS = 50;
const FITS = 800;

function loop(
  options: AdaptiveLimiterOptions,
  { load = 1.5, spread = 0, seed = 1, isTimeoutOutside = false } = {},
) {
  const clock = new VirtualClock({ settle: quick });
  const policy = adaptiveLimiter(options);
  const upstream = new Upstream(clock, CAPACITY, SERVICE_MS, seed);
  upstream.spread = spread;
  const layers = isTimeoutOutside ? [timeout(500), policy] : [policy, timeout(500)];
  const made = pipeline({ name: 'loop', clock }, ...layers);
  const clients = new Load(clock, made, upstream.call, () => policy.snapshot().limit, {
    perSecond: load * FITS,
    seed: seed + 100,
  });
  return { upstream, clients, policy };
}

/** Enough turns of the promise queue for the chains here. */
const quick = async (): Promise<void> => {
  for (let i = 0; i < 12; i++) await undefined;
};

describe.each(['gradient', 'vegas'] as const)('%s', (algorithm) => {
  it.each([
    ['always the same', 0, 0.97],
    ['spread', 0.5, 0.95],
    ['widely spread', 1, 0.85],
  ])(
    'L2: settles near what fits under half as much again, with service times that are %s',
    async (_, spread, share) => {
      const { clients } = loop({ algorithm }, { spread });
      await clients.watch(5_000);
      const seen = await clients.watch(10_000);
      expect(seen.served).toBeGreaterThan(share * FITS);
      expect(seen.latencyMs).toBeLessThan(1.6 * SERVICE_MS);
      expect(seen.mean).toBeGreaterThan(0.85 * CAPACITY);
      expect(seen.mean).toBeLessThan(1.6 * CAPACITY);
    },
  );

  it.each([
    [200, 0.955],
    // What this lets in queues nowhere.
    [20, 0.463],
  ])(
    'L2: does not take chance for a queue, as with exponential service times, with a cap of %d',
    async (maxLimit, share) => {
      let served = 0;
      const seeds = [1, 2, 3, 4, 5];
      for (const seed of seeds) {
        const { clients, upstream } = loop({ algorithm, maxLimit }, { seed });
        upstream.draw = (random) => -Math.log(1 - random()) * SERVICE_MS;
        await clients.watch(5_000);
        const seen = await clients.watch(20_000);
        expect(seen.latencyMs).toBeLessThan(1.6 * SERVICE_MS);
        served += seen.served / seeds.length;
      }
      expect(served).toBeGreaterThan(share * FITS);
    },
  );

  it('L2: serves half at least of what fits where one call in ten takes a hundred times as long', async () => {
    const { clients, upstream } = loop({ algorithm });
    upstream.draw = (random) => (random() < 0.1 ? 100 : 1) * (SERVICE_MS / 10.9);
    await clients.watch(5_000);
    const seen = await clients.watch(20_000);
    expect(seen.served).toBeGreaterThan((algorithm === 'gradient' ? 0.5 : 0.8) * FITS);
    expect(seen.latencyMs).toBeLessThan(1.6 * SERVICE_MS);
  });

  it('L2: ten times what fits is no worse', async () => {
    const { clients } = loop({ algorithm }, { load: 10 });
    await clients.watch(2_000);
    const seen = await clients.watch(2_000);
    expect(seen.served).toBeGreaterThan(0.95 * FITS);
    expect(seen.latencyMs).toBeLessThan(1.6 * SERVICE_MS);
  });

  it('L2: under light load it never shrinks', async () => {
    // From 2 to 12 calls in flight on average, of the 20 that it begins with.
    for (const load of [0.05, 0.1, 0.2, 0.3]) {
      const { clients } = loop({ algorithm }, { load, spread: 0.5 });
      const seen = await clients.watch(20_000);
      expect(seen.low).toBe(20);
      expect(seen.served).toBeGreaterThan(0.95 * load * FITS);
    }
  });

  it('L2: does not stand in the way of what fits', async () => {
    const { clients } = loop({ algorithm }, { load: 0.8, spread: 0.5 });
    await clients.watch(2_000);
    const seen = await clients.watch(8_000);
    expect(seen.served).toBeGreaterThan(0.78 * FITS);
    expect(seen.latencyMs).toBeLessThan(1.1 * SERVICE_MS);
  });

  it.each([0, 0.5])(
    'L2: recovers when the upstream becomes three times slower for good, and when it is fast again (spread %d)',
    async (spread) => {
      const { clients, upstream } = loop({ algorithm }, { spread });
      await clients.watch(5_000);
      upstream.serviceMs = 3 * SERVICE_MS;
      await clients.watch(8_000);
      const slow = await clients.watch(8_000);
      expect(slow.served).toBeGreaterThan((0.9 * FITS) / 3);
      expect(slow.latencyMs).toBeLessThan(1.7 * 3 * SERVICE_MS);
      upstream.serviceMs = SERVICE_MS;
      await clients.watch(10_000);
      const fast = await clients.watch(5_000);
      expect(fast.served).toBeGreaterThan(0.93 * FITS);
      expect(fast.latencyMs).toBeLessThan(2 * SERVICE_MS);
    },
  );

  it('L2: notices that the upstream is fast again also where its answers come in batches and hardly more is asked than fits', async () => {
    for (const seed of [1, 2, 3]) {
      // With service times all the same, the workers stay in step.
      const { clients, upstream } = loop({ algorithm }, { load: 1.05, seed });
      upstream.serviceMs = 3 * SERVICE_MS;
      await clients.watch(8_000);
      upstream.serviceMs = SERVICE_MS;
      await clients.watch(20_000);
      const seen = await clients.watch(5_000);
      expect(seen.latencyMs).toBeLessThan(1.8 * SERVICE_MS);
    }
  });

  it('L2: ten clients of one upstream, none of which sees its latency alone, keep it busy and are answered in time', async () => {
    const clock = new VirtualClock({ settle: quick });
    const upstream = new Upstream(clock, CAPACITY, SERVICE_MS);
    upstream.spread = 0.5;
    const clients = Array.from({ length: 10 }, (_, i) => {
      const policy = adaptiveLimiter({ algorithm });
      const made = pipeline({ name: `${i}`, clock }, policy, timeout(500));
      return new Load(clock, made, upstream.call, () => policy.snapshot().limit, {
        perSecond: 0.15 * FITS,
        seed: 100 + i,
      });
    });
    await clock.advance(60_000);
    let served = 0;
    for (const each of clients) served += (await each.watch(2_000)).served;
    expect(served).toBeGreaterThan(0.8 * FITS);
  });

  it('L2: follows an upstream that loses three quarters of its workers, and gets them back', async () => {
    const { clients, upstream } = loop({ algorithm }, { spread: 0.5 });
    await clients.watch(5_000);
    upstream.capacity = CAPACITY / 4;
    await clients.watch(5_000);
    const few = await clients.watch(5_000);
    expect(few.served).toBeGreaterThan((0.88 * FITS) / 4);
    expect(few.latencyMs).toBeLessThan(2 * SERVICE_MS);
    upstream.capacity = CAPACITY;
    await clients.watch(5_000);
    const all = await clients.watch(5_000);
    expect(all.served).toBeGreaterThan(0.9 * FITS);
    expect(all.latencyMs).toBeLessThan(1.7 * SERVICE_MS);
  });
});

describe.each(['gradient', 'vegas', 'aimd'] as const)('%s', (algorithm) => {
  it('L2: falls to the floor in an outage, and comes back after it', async () => {
    const { clients, upstream, policy } = loop({ algorithm }, { load: 1.2, spread: 0.5 });
    await clients.watch(5_000);
    upstream.down = true;
    await clients.watch(8_000);
    expect(policy.snapshot().limit).toBe(3);
    const out = await clients.watch(3_000);
    // What an upstream that is down has to bear: three calls at a time.
    expect(out).toMatchObject({ served: 0, high: 3 });
    upstream.down = false;
    await clients.watch(algorithm === 'aimd' ? 6_000 : 4_000);
    const back = await clients.watch(4_000);
    expect(back.served).toBeGreaterThan(0.9 * FITS);
  });
});

it('the model: without a limit, the same clients are all served too late', async () => {
  const { clients } = loop({ dryRun: true });
  await clients.watch(5_000);
  expect((await clients.watch(2_000)).served).toBeLessThan(0.05 * FITS);
});

describe('brake', () => {
  it('L2: does not stand in the way of what fits', async () => {
    const { clients } = loop({}, { load: 0.9, spread: 0.5, isTimeoutOutside: true });
    const seen = await clients.watch(20_000);
    expect(seen.served).toBeGreaterThan(0.88 * FITS);
    expect(seen.low).toBe(10_000);
  });

  it.each([1.5, 2.5])(
    'L2: %d times what fits: a large part of what fits is served in time, of which there is hardly anything without a limit',
    async (load) => {
      const { clients } = loop({}, { load, spread: 0.5, isTimeoutOutside: true });
      await clients.watch(5_000);
      const seen = await clients.watch(10_000);
      expect(seen.served).toBeGreaterThan(0.5 * FITS);
      expect(seen.latencyMs).toBeLessThan(500);
      const without = loop({ dryRun: true }, { load, spread: 0.5, isTimeoutOutside: true });
      await without.clients.watch(5_000);
      expect((await without.clients.watch(10_000)).served).toBeLessThan(0.1 * FITS);
    },
  );

  it('L2: nearly closes in an outage, and is back within seconds', async () => {
    const { clients, upstream } = loop({}, { load: 0.9, spread: 0.5, isTimeoutOutside: true });
    await clients.watch(5_000);
    upstream.down = true;
    await clients.watch(5_000);
    const out = await clients.watch(3_000);
    expect(out.served).toBe(0);
    // Without a limit it would be 360 at a time.
    expect(out.high).toBeLessThan(20);
    upstream.down = false;
    await clients.watch(3_000);
    const back = await clients.watch(5_000);
    expect(back.served).toBeGreaterThan(0.85 * FITS);
  });

  it('L2: follows an upstream that becomes three times slower for good, and one that is fast again', async () => {
    const { clients, upstream } = loop({}, { load: 0.9, spread: 0.5, isTimeoutOutside: true });
    await clients.watch(5_000);
    upstream.serviceMs = 3 * SERVICE_MS;
    await clients.watch(5_000);
    const slow = await clients.watch(10_000);
    expect(slow.served).toBeGreaterThan((0.4 * FITS) / 3);
    upstream.serviceMs = SERVICE_MS;
    await clients.watch(3_000);
    const fast = await clients.watch(5_000);
    expect(fast.served).toBeGreaterThan(0.85 * FITS);
  });
});

describe('aimd', () => {
  it('L2: settles near what fits where the upstream refuses the rest', async () => {
    const { clients, upstream } = loop({
      algorithm: 'aimd',
      handle: handleWhenResult((status) => status === 503),
    });
    upstream.maxQueued = 5;
    await clients.watch(5_000);
    const seen = await clients.watch(5_000);
    expect(seen.served).toBeGreaterThan(0.95 * FITS);
    expect(seen.mean).toBeLessThan(1.25 * CAPACITY);
  });
});
