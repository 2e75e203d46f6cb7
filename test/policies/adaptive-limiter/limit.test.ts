import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aimd } from '../../../src/policies/adaptive-limiter/aimd.js';
import { gradient } from '../../../src/policies/adaptive-limiter/gradient.js';
import { AdaptiveLimit } from '../../../src/policies/adaptive-limiter/limit.js';
import { afterOverload } from '../../../src/policies/adaptive-limiter/overload.js';
import { Round } from '../../../src/policies/adaptive-limiter/round.js';
import { vegas } from '../../../src/policies/adaptive-limiter/vegas.js';

const algorithms = ['gradient', 'vegas', 'aimd'] as const;
const byLatency = ['gradient', 'vegas'] as const;

function limitOf(algorithm: (typeof algorithms)[number], more: object = {}): AdaptiveLimit {
  return new AdaptiveLimit({ algorithm, initialLimit: 20, minLimit: 1, maxLimit: 200, ...more });
}

/** Calls of a long overload; fewer where each of hundreds of changes is tried with them. */
const LONG = process.env['HOLDFAST_MUTATION_TESTS'] === undefined ? 2_000_000 : 20_000;

/** An upstream that takes `capacity` calls at a time and queues the rest, asked for all that the limit lets in. */
function saturate(
  limit: AdaptiveLimit,
  calls: number,
  { capacity = 40, serviceMs = 50, overload = (_call: number): boolean => false } = {},
): void {
  for (let i = 0; i < calls; i++) {
    const inFlight = limit.current;
    limit.sample(serviceMs * Math.max(1, inFlight / capacity), inFlight, overload(i));
  }
}

/** How far the limit goes in so many calls. */
function rangeOf(limit: AdaptiveLimit, calls: number, options: object): [number, number] {
  let low = Infinity;
  let high = 0;
  for (let i = 0; i < calls; i++) {
    saturate(limit, 1, options);
    low = Math.min(low, limit.current);
    high = Math.max(high, limit.current);
  }
  return [low, high];
}

describe('the steps', () => {
  it('L2: gradient grows by √limit without a queue, tolerates a fifth, and takes away half at most', () => {
    expect(gradient(100, 50, 50)).toBe(110);
    expect(gradient(100, 60, 50)).toBe(110);
    expect(gradient(100, 75, 50)).toBeCloseTo(90);
    expect(gradient(100, 5_000, 50)).toBe(60);
    expect(gradient(100, 10, 50)).toBe(110);
  });

  it('L2: gradient is at rest a little above 1.2 times what fits without queueing', () => {
    for (const capacity of [5, 10, 100, 1_000]) {
      let limit = 20;
      for (let i = 0; i < 500; i++) limit = gradient(limit, Math.max(1, limit / capacity), 1);
      expect(limit).toBeCloseTo(1.2 * capacity + Math.sqrt(limit), 1);
    }
  });

  it('L2: vegas keeps the queue between √limit / 2 and three times that', () => {
    expect(vegas(100, 50, 50)).toBe(105);
    expect(vegas(100, 55, 50)).toBe(100);
    // At both bounds themselves: a queue of 1 and of 3.
    expect(vegas(4, 4, 3)).toBe(4);
    expect(vegas(4, 4, 1)).toBe(4);
    expect(vegas(100, 60, 50)).toBe(95);
    expect(vegas(100, 5_000, 50)).toBe(95);
    expect(vegas(1, 50, 50)).toBe(2);
    expect(vegas(100, 10, 50)).toBe(105);
  });

  it('L2: aimd adds one call', () => {
    expect(aimd(7)).toBe(8);
  });

  it('L2: overload takes half of the limit, in proportion to its share', () => {
    expect(afterOverload(100, 1)).toBe(50);
    expect(afterOverload(100, 0.1)).toBe(95);
    expect(afterOverload(100, 0)).toBe(100);
  });
});

describe('a round', () => {
  it('L2: knows the typical latency, which outliers hardly move', () => {
    const round = new Round();
    for (let i = 0; i < 99; i++) round.add(50, 10, 12, false);
    expect(round.latencyMs).toBeCloseTo(50);
    round.add(5_000, 12, 12, false);
    expect(round.latencyMs).toBeCloseTo(52.4, 1);
    expect(round.peak).toBe(12);
    round.add(0, 1, 12, true);
    expect(round).toMatchObject({ calls: 101, overloads: 1, peak: 12, full: 1 });
    expect(round.latencyMs).toBeCloseTo(52.4, 1);
    round.clear();
    expect(round).toMatchObject({ calls: 0, overloads: 0, peak: 0, full: 0, latencyMs: 1 });
  });

  it('L2: knows how far chance may have moved it', () => {
    const round = new Round();
    expect(round.doubt).toBe(1);
    for (let i = 0; i < 25; i++) round.add(50, 10, 12, false);
    expect(round.doubt).toBeCloseTo(1);
    round.clear();
    // Half of them take e² times as long: the logarithm is 1 from its mean, and its error a fifth of that.
    for (let i = 0; i < 25; i++) round.add(10, 10, 12, true);
    for (let i = 0; i < 26; i++) round.add(10 * Math.exp(i % 2 === 0 ? 0 : 2), 10, 12, false);
    expect(round.doubt).toBeCloseTo(Math.exp(1 / Math.sqrt(26)));
    round.clear();
    expect(round.doubt).toBe(1);
  });

  it('L2: does not tell latencies below a millisecond apart', () => {
    const round = new Round();
    round.add(0, 1, 12, false);
    round.add(0.02, 1, 12, false);
    round.add(1, 1, 12, false);
    expect(round.latencyMs).toBe(1);
  });
});

const sample = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: 0, max: 10_000, noNaN: true }) },
    fc.constantFrom(Number.NaN, -1, -Infinity, Infinity, 0, -0, Number.MIN_VALUE, 1e300),
    fc.double(),
  ),
  fc.nat({ max: 400 }),
  fc.boolean(),
  // Many alike in a row, as in life, so that rounds are of one kind.
  fc.integer({ min: 1, max: 120 }),
);

it('L2: floor and cap hold at every moment, whatever the samples, and the same samples give the same limit', () => {
  const bounds = fc
    .tuple(fc.integer({ min: 1, max: 50 }), fc.nat({ max: 50 }), fc.nat({ max: 100 }))
    .map(([minLimit, more, still]) => ({
      minLimit,
      initialLimit: minLimit + more,
      maxLimit: minLimit + more + still,
    }));
  fc.assert(
    fc.property(
      fc.constantFrom(...algorithms),
      bounds,
      fc.array(sample, { maxLength: 60, size: 'max' }),
      (algorithm, options, samples) => {
        const [one, other] = [limitOf(algorithm, options), limitOf(algorithm, options)];
        for (const [latencyMs, inFlight, overload, times] of samples) {
          for (let i = 0; i < times; i++) {
            one.sample(latencyMs, inFlight, overload);
            other.sample(latencyMs, inFlight, overload);
            const { current } = one;
            const allowed = current >= options.minLimit && current <= options.maxLimit;
            if (allowed && Number.isInteger(current) && other.current === current) continue;
            expect.fail(`${current} or ${other.current} with ${JSON.stringify(options)}`);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

it('L2: with less than half of the limit in use nothing changes it, neither latency nor timeouts', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...algorithms),
      fc.array(sample, { maxLength: 60, size: 'max' }),
      (algorithm, samples) => {
        const limit = limitOf(algorithm);
        for (const [latencyMs, inFlight, overload, times] of samples) {
          for (let i = 0; i < times; i++) limit.sample(latencyMs, inFlight % 10, overload);
        }
        expect(limit.current).toBe(20);
      },
    ),
  );
});

it.each(algorithms)('L2: with just half of it in use, it is %s that decides', (algorithm) => {
  const limit = limitOf(algorithm);
  for (let i = 0; i < 20; i++) limit.sample(50, 10, true);
  expect(limit.current).toBe(10);
});

it.each(byLatency)(
  'L2: %s changes nothing either where load goes away while it measures with half of the limit',
  (algorithm) => {
    for (const [latencyMs, overload] of [
      [50, true],
      [5, false],
    ] as const) {
      const limit = limitOf(algorithm, { initialLimit: 100 });
      while (limit.current >= 100) limit.sample(50, limit.current, false);
      expect(limit.current).toBeLessThan(60);
      for (let i = 0; i < 1_000; i++) limit.sample(latencyMs, 1, overload);
      expect(limit.current).toBe(100);
    }
  },
);

describe.each(byLatency)('%s, at an upstream that queues', (algorithm) => {
  it.each([5, 40, 150])('L2: settles near the %d calls that fit', (capacity) => {
    const limit = limitOf(algorithm);
    saturate(limit, 20_000, { capacity });
    const [low, high] = rangeOf(limit, 20_000, { capacity });
    expect(high).toBeLessThanOrEqual(Math.min(200, 1.2 * capacity + 2 * Math.sqrt(capacity) + 2));
    // Half of it, for a round now and then: then the latency without load is measured.
    expect(low).toBeGreaterThanOrEqual(Math.floor(capacity / 2));
  });

  it('L2: does not drift, however long the overload lasts', () => {
    const limit = limitOf(algorithm);
    saturate(limit, LONG);
    const [low, high] = rangeOf(limit, 20_000, {});
    expect(high).toBeLessThan(65);
    expect(low).toBeGreaterThanOrEqual(20);
    expect(limit.unloadedMs).toBeCloseTo(50, 0);
  });

  it('L2: comes down from a limit far too high', () => {
    const limit = limitOf(algorithm, { initialLimit: 200 });
    saturate(limit, 3_000, { capacity: 4 });
    expect(limit.current).toBeLessThan(12);
    expect(limit.unloadedMs).toBeLessThan(75);
  });

  it('L2: comes back when the upstream becomes three times slower for good', () => {
    const limit = limitOf(algorithm);
    saturate(limit, 20_000);
    let low = Infinity;
    for (let i = 0; i < 2_000; i++) {
      saturate(limit, 1, { serviceMs: 150 });
      low = Math.min(low, limit.current);
    }
    // It could not know at first whether there was a queue.
    expect(low).toBeLessThan(20);
    const [lowest] = rangeOf(limit, 10_000, { serviceMs: 150 });
    expect(lowest).toBeGreaterThanOrEqual(20);
    expect(limit.current).toBeGreaterThan(38);
    expect(limit.unloadedMs).toBeCloseTo(150, 0);
  });

  it('L2: is not held down at the floor either', () => {
    const limit = limitOf(algorithm, { minLimit: 3 });
    saturate(limit, 5_000);
    for (let i = 0; i < 500; i++) limit.sample(0, limit.current, true);
    expect(limit.current).toBe(3);
    saturate(limit, 3_000, { serviceMs: 500 });
    expect(limit.current).toBeGreaterThan(38);
  });

  it('L2: notices within a few rounds that the upstream is far faster than it was', () => {
    const limit = limitOf(algorithm);
    saturate(limit, 20_000, { serviceMs: 500 });
    saturate(limit, 400, { serviceMs: 50 });
    expect(limit.unloadedMs).toBeLessThan(250);
  });

  it('L2: notices that the upstream is fast again', () => {
    const limit = limitOf(algorithm);
    saturate(limit, 20_000, { serviceMs: 150 });
    saturate(limit, 20_000, { serviceMs: 30 });
    expect(limit.unloadedMs).toBeLessThan(40);
    expect(limit.current).toBeLessThan(75);
  });

  it('L2: follows what fits, down and up', () => {
    const limit = limitOf(algorithm);
    for (const capacity of [40, 10, 80, 20]) {
      saturate(limit, 20_000, { capacity });
      const [low, high] = rangeOf(limit, 5_000, { capacity });
      expect(high).toBeLessThan(1.2 * capacity + 2 * Math.sqrt(capacity) + 2);
      expect(low).toBeGreaterThanOrEqual(Math.floor(capacity / 2));
    }
  });

  it('L2: learns the latency without load from quiet times', () => {
    const limit = limitOf(algorithm);
    for (let i = 0; i < 200; i++) limit.sample(80, 3, false);
    expect(limit.unloadedMs).toBeCloseTo(80);
    for (let i = 0; i < 1_000; i++) limit.sample(40, 3, false);
    expect(limit.unloadedMs).toBeCloseTo(40, 0);
  });

  it('L2: a few calls in a quiet time count as few', () => {
    const limit = limitOf(algorithm);
    for (let i = 0; i < 220; i++) limit.sample(80, 3, false);
    for (let i = 0; i < 20; i++) limit.sample(40, 3, false);
    // A fifth of all that is known.
    expect(limit.unloadedMs).toBeCloseTo(80 ** 0.8 * 40 ** 0.2);
  });

  it('L2: does not take chance for a faster upstream', () => {
    const limit = limitOf(algorithm, { maxLimit: 20 });
    for (let i = 0; i < 220; i++) limit.sample(80, 3, false);
    // 29 ms is little more than a third of that, but one third of the calls taking as long as ever shows that it is not sure.
    for (let i = 0; i < 20; i++) limit.sample(i % 3 === 0 ? 80 : 16.6, 12, false);
    expect(limit.unloadedMs).toBeCloseTo(80);
    for (let i = 0; i < 20; i++) limit.sample(28, 12, false);
    expect(limit.unloadedMs).toBeCloseTo(Math.sqrt(80 * 28));
  });

  it('G13: hours of latency, as after a suspended process, cost one round', () => {
    const limit = limitOf(algorithm);
    saturate(limit, 20_000);
    const before = limit.current;
    for (let i = 0; i < before; i++) limit.sample(i === 0 ? 3_600_000 : 50, before, false);
    expect(limit.current).toBeGreaterThan(before / 3);
    saturate(limit, 2_000);
    expect(limit.current).toBeGreaterThan(38);
  });
});

describe.each(byLatency)('%s, of what it does not learn from', (algorithm) => {
  it('L2: the first calls, which find the upstream empty', () => {
    const limit = limitOf(algorithm);
    for (let i = 0; i < 20; i++) limit.sample(10, 3, false);
    for (let i = 0; i < 20; i++) limit.sample(80, 3, false);
    expect(limit.unloadedMs).toBeCloseTo(80);
  });

  it('G13: what no latency can be', () => {
    const limit = limitOf(algorithm);
    for (let i = 0; i < 500; i++) {
      for (const latencyMs of [Number.NaN, -5, -Infinity, Infinity]) {
        limit.sample(latencyMs, limit.current, false);
      }
    }
    expect(limit.unloadedMs).toBeUndefined();
    expect(limit.current).toBe(20);
  });

  it('L2: a measurement in which most calls were timeouts', () => {
    for (const [timeouts, learns] of [
      [8, true],
      [12, false],
    ] as const) {
      const limit = limitOf(algorithm);
      saturate(limit, 40);
      // The limit is halved, the calls that were in flight come back, and then those that count.
      expect(limit.current).toBe(10);
      saturate(limit, 20);
      for (let i = 0; i < 20; i++) limit.sample(70, 10, i < timeouts);
      expect(limit.unloadedMs).toEqual(learns ? expect.closeTo(70) : undefined);
    }
  });
});

describe('signs of overload', () => {
  it.each(algorithms)(
    'L2: %s goes to the floor while nothing but timeouts comes back, and up again',
    (algorithm) => {
      const limit = limitOf(algorithm, { minLimit: 2 });
      saturate(limit, 10_000);
      const rounds: number[] = [];
      for (let calls = 0; limit.current > 2; calls++) {
        limit.sample(1_000, limit.current, true);
        if (rounds.at(-1) !== limit.current) rounds.push(limit.current);
        expect(calls).toBeLessThan(1_000);
      }
      expect(rounds.length).toBeLessThan(9);
      saturate(limit, 3_000, {});
      expect(limit.current).toBeGreaterThan(algorithm === 'aimd' ? 25 : 38);
    },
  );

  it.each(algorithms)('L2: a timeout in a hundred calls keeps %s from nothing', (algorithm) => {
    const limit = limitOf(algorithm);
    saturate(limit, 40_000, { overload: (call) => call % 100 === 99 });
    expect(rangeOf(limit, 5_000, {})[1]).toBeGreaterThan(38);
  });

  it.each(byLatency)(
    'L2: %s judges them by their share also while it measures, and learns from the others',
    (algorithm) => {
      const limit = limitOf(algorithm, { initialLimit: 100 });
      saturate(limit, 200, { capacity: 100 });
      expect(limit.current).toBe(50);
      // A fifth of all, of those too that came in before the limit was halved.
      for (let i = 0; limit.current === 50; i++) limit.sample(50, 50, i % 5 === 0);
      expect(limit.current).toBe(90);
      expect(limit.unloadedMs).toBeCloseTo(50);
    },
  );

  it('L2: aimd settles where the upstream begins to refuse', () => {
    const limit = limitOf('aimd');
    const refuses = (): void => {
      const inFlight = limit.current;
      for (let i = 0; i < inFlight; i++) limit.sample(50, inFlight, i >= 40);
    };
    for (let i = 0; i < 2_000; i++) refuses();
    for (let i = 0; i < 500; i++) {
      refuses();
      expect(limit.current).toBeGreaterThan(36);
      expect(limit.current).toBeLessThan(46);
    }
    expect(limit.unloadedMs).toBeUndefined();
  });
});
