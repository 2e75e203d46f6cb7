import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StraightEntrant } from '../../../src/pipeline/contract/straight-half.js';
import { rateLimiter } from '../../../src/policies/rate-limiter/index.js';
import { TokenBucket } from '../../../src/policies/token-bucket.js';
import { TICK_MS } from '../../../src/time/tick.js';
import { TimeSource } from '../../../src/time/time-source.js';
import { LoopClock } from '../../time/support/loop-clock.js';

/** Limiters whose bucket is filled in about so many milliseconds. */
const shapeOf = (...fillMs: number[]) =>
  fc
    .record({
      limit: fc.integer({ min: 1, max: 40 }),
      per: fc.integer({ min: 1, max: 100 }),
      fillMs: fc.constantFrom(...fillMs),
      cost: fc.constantFrom(1, 0.25, 1 / 3),
    })
    .map(({ limit, per, fillMs, cost }) => {
      return { limit, per, burst: Math.ceil((fillMs * limit) / per), cost };
    });

const step = fc.record({
  calls: fc.nat({ max: 100 }),
  /** The loop turns for so long after each of the calls, and after all of them. */
  eachMs: fc.constantFrom(0, 0, 0.01, 0.3),
  thenMs: fc.constantFrom(0, 0.5, 1, 3, 20, 200),
});

/** What a straight path asks, while the time ticks if it is asked often. */
function limited(options: Parameters<typeof rateLimiter>[0]) {
  const clock = new LoopClock();
  const time = new TimeSource(clock, () => true);
  const limiter = rateLimiter(options);
  limiter.bind(time);
  const place = { layer: 0, time, take: () => true, outside: [] };
  const half = limiter.straight(place);
  const enter = (): boolean => half?.enter?.({} as StraightEntrant) === true;
  return { clock, time, limiter, enter };
}

it('L1: a start between two ticks keeps the bound in any window, even if the event loop is blocked', () => {
  fc.assert(
    fc.property(
      shapeOf(5, 101, 101, 300),
      fc.array(fc.record({ step, blockMs: fc.constantFrom(0, 0, 2, 30) }), {
        maxLength: 12,
        size: 'max',
      }),
      ({ cost, ...options }, steps) => {
        const { clock, enter } = limited({ ...options, cost });
        const { limit, per, burst } = options;
        const starts: number[] = [];
        for (const { step: made, blockMs } of steps) {
          for (let i = 0; i < made.calls; i++) {
            if (enter()) starts.push(clock.time);
            if (blockMs === 0) clock.run(made.eachMs);
            else clock.block(blockMs * made.eachMs);
          }
          clock.block(blockMs);
          clock.run(made.thenMs);
        }
        let excess = 0;
        for (const [from, first] of starts.entries()) {
          for (let to = from; to < starts.length; to++) {
            const most = burst + (((starts[to] as number) - first) * limit) / per;
            excess = Math.max(excess, (to - from + 1) * cost - most);
          }
        }
        expect(excess).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 500 },
  );
});

it('L1: permits that are taken between two ticks do not come back for the time before', () => {
  const { clock, time, enter } = limited({ limit: 10, per: 1, burst: 1_000 });
  for (let i = 0; i < 20; i++) expect(enter()).toBe(true);
  expect(time.ticking).toBe(true);
  clock.block(3);
  let starts = 0;
  for (let i = 0; i < 2_000; i++) if (enter()) starts++;
  // Those that started without a reading before count as of now.
  expect(starts).toBe(995);
});

it('L1: a call is refused only if hardly more than its cost is there: what comes in one tick', () => {
  fc.assert(
    fc.property(
      shapeOf(5, 101, 300),
      fc.array(step, { maxLength: 30 }),
      ({ cost, ...options }, steps) => {
        const { clock, enter } = limited({ ...options, cost });
        const { limit, per, burst } = options;
        const exact = new TokenBucket(limit, per, burst);
        const perTick = ((TICK_MS + 1) * limit) / per;
        for (const made of steps) {
          for (let i = 0; i < made.calls; i++) {
            const waitMs = exact.waitFor(cost + perTick, clock.time);
            if (enter()) exact.take(cost);
            else expect(waitMs).toBeGreaterThan(0);
            clock.run(made.eachMs);
          }
          clock.run(made.thenMs);
        }
      },
    ),
  );
});

it('L1: a bucket that is filled within a few ticks refuses no call whose permit is there', () => {
  fc.assert(
    fc.property(shapeOf(1, 5, 99), fc.array(step, { maxLength: 30 }), (shape, steps) => {
      const { cost, limit, per, burst } = shape;
      const { clock, enter } = limited(shape);
      const exact = new TokenBucket(limit, per, burst);
      for (const made of steps) {
        for (let i = 0; i < made.calls; i++) {
          const isThere = exact.waitFor(cost, clock.time) === 0;
          expect(enter()).toBe(isThere);
          if (isThere) exact.take(cost);
          clock.run(made.eachMs);
        }
        clock.run(made.thenMs);
      }
    }),
  );
});

it('L1: calls in bursts that keep the limit are not refused', () => {
  const { clock, time, enter } = limited({ limit: 2, per: 1, burst: 5 });
  for (let i = 0; i < 20; i++) time.recent();
  expect(time.ticking).toBe(true);
  for (let i = 0; i < 100; i++) {
    for (let j = 0; j < 5; j++) expect(enter()).toBe(true);
    clock.run(2.6);
  }
});

it('reads no clock for permits that are there, while calls are frequent', () => {
  const { clock, time, enter, limiter } = limited({ limit: 1_000, per: '1s' });
  for (let i = 0; i < 20; i++) expect(enter()).toBe(true);
  expect(time.ticking).toBe(true);
  const { readings } = clock;
  for (let i = 0; i < 200; i++) expect(enter()).toBe(true);
  expect(clock.readings).toBe(readings);
  expect(limiter.snapshot().available).toBe(780);
  clock.run(3 * TICK_MS);
  expect(limiter.snapshot().available).toBe(780 + 3 * TICK_MS);
  clock.run(1_000);
  expect(limiter.busy()).toBe(false);
});
