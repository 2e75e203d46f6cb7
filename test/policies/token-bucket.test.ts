import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/policies/token-bucket.js';
import type { TickListener } from '../../src/time/tick.js';

/** Takes all that are there, and says how many. */
function drain(bucket: TokenBucket, nowMs: number): number {
  let taken = 0;
  for (; bucket.waitFor(1, nowMs) === 0; taken++) bucket.take(1);
  return taken;
}

describe('token bucket', () => {
  it('is full at first, whatever the clock shows', () => {
    for (const start of [0, -5, 1e12]) expect(drain(new TokenBucket(3, 1_000, 7), start)).toBe(7);
  });

  it('gets limit tokens every perMs, and holds no more than burst', () => {
    const bucket = new TokenBucket(4, 1_000, 2);
    drain(bucket, 0);
    expect(bucket.waitFor(1, 0)).toBe(250);
    expect(bucket.waitFor(3, 0)).toBe(750);
    expect(bucket.waitFor(1, 249)).toBe(1);
    expect(drain(bucket, 250)).toBe(1);
    expect(drain(bucket, 750)).toBe(2);
    expect(drain(bucket, 1e9)).toBe(2);
  });

  it('L1: a wait that the clock cannot tell from now is none', () => {
    const now = 2 ** 52;
    const bucket = new TokenBucket(2, 1, 1);
    expect(bucket.waitFor(1, now)).toBe(0);
    bucket.take(1);
    // Half a millisecond, where the clock has whole ones.
    expect(now + 0.5).toBe(now);
    expect(bucket.waitFor(1, now)).toBe(0);
    expect(bucket.waitFor(3, now)).toBe(1.5);
  });

  it('says how many are there, in whole tokens', () => {
    const bucket = new TokenBucket(10, 1_000, 3);
    expect(bucket.available(0)).toBe(3);
    for (let i = 0; i < 5; i++) bucket.take(1);
    expect(bucket.available(0)).toBe(0);
    expect(bucket.available(250)).toBe(0);
    expect(bucket.available(399)).toBe(1);
    expect(bucket.available(10_000)).toBe(3);
    const thirds = new TokenBucket(3, 1_000, 1);
    drain(thirds, 0);
    // Short of a third of a second by a rounding.
    expect(thirds.available(thirds.waitFor(1, 0))).toBe(1);
  });

  it('says how many more it could hold', () => {
    const bucket = new TokenBucket(10, 1_000, 3);
    expect(bucket.room).toBe(0);
    bucket.take(2);
    expect(bucket.room).toBe(2);
    bucket.take(3);
    expect(bucket.room).toBe(5);
    bucket.putBack(1);
    expect(bucket.room).toBe(4);
  });

  it('takes one back, and never more than it can hold', () => {
    const bucket = new TokenBucket(1, 1_000, 2);
    expect(bucket.waitFor(1, 0)).toBe(0);
    bucket.take(1);
    bucket.putBack(1);
    bucket.putBack(1);
    expect(drain(bucket, 0)).toBe(2);
  });

  it('G13: time that goes back brings nothing, and nothing is lost by it', () => {
    const bucket = new TokenBucket(1, 1_000, 1);
    drain(bucket, 1e6);
    expect(bucket.waitFor(1, 0)).toBe(1_000);
    expect(bucket.waitFor(1, 1_000)).toBe(0);
  });

  it('L1: to ask how many are there makes none, even with a time that has passed', () => {
    const bucket = new TokenBucket(1, 1_000, 1);
    drain(bucket, 0);
    expect(bucket.waitFor(1, 500)).toBe(500);
    // Collections of metrics read the clock once for many copies.
    expect(bucket.available(100)).toBe(0);
    expect(bucket.waitFor(1, 500)).toBe(500);
  });

  it('L1: a wait that the clock cannot tell from none is none', () => {
    const now = 2 ** 40;
    const bucket = new TokenBucket(3, 1_000, 1);
    expect(drain(bucket, now)).toBe(1);
    const due = now + bucket.waitFor(1, now);
    expect(due - now).toBeLessThan(1_000 / 3);
    expect(bucket.waitFor(1, due - 1e-3)).toBeGreaterThan(0);
    expect(bucket.waitFor(1, due)).toBe(0);
  });

  const shape = fc.record({
    limit: fc.integer({ min: 1, max: 10_000 }),
    per: fc.oneof(
      fc.integer({ min: 1, max: 86_400_000 }),
      fc.double({ min: 0.01, max: 5_000, noNaN: true }),
    ),
    burst: fc.integer({ min: 1, max: 500 }),
    start: fc.constantFrom(0, 12_345.678, 1e10 + 0.1),
  });

  it('L1: never more than burst + rate x time, in any window', () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true })), {
          maxLength: 60,
          size: 'max',
        }),
        ({ limit, per, burst, start }, gaps) => {
          const bucket = new TokenBucket(limit, per, burst);
          const times: number[] = [];
          let now = start;
          for (const gap of gaps) {
            // Some of the time that a token takes, or none, or that of several.
            now += (gap * per) / limit;
            const most = Math.min(5, drainAtMost(bucket, now, 5));
            for (let i = 0; i < most; i++) times.push(now);
          }
          let excess = Number.NEGATIVE_INFINITY;
          for (let from = 0; from < times.length; from++) {
            for (let to = from; to < times.length; to++) {
              // What the clock itself cannot tell apart is allowed: at 1e10 ms, two millionths of one.
              const time = times[to]! - times[from]! + 4e-6;
              excess = Math.max(excess, to - from + 1 - burst - (time * limit) / per);
            }
          }
          expect(excess).toBeLessThanOrEqual(1e-9);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('L1: what it says is the wait is exact, to a nanosecond', () => {
    fc.assert(
      fc.property(shape, fc.nat({ max: 20 }), ({ limit, per, burst }, waiting) => {
        const emptied = () => {
          const bucket = new TokenBucket(limit, per, burst);
          expect(bucket.waitFor(burst, 0)).toBe(0);
          for (let i = 0; i < burst; i++) bucket.take(1);
          return bucket;
        };
        // A bucket of one nanosecond a token is not worth the name.
        fc.pre(per / limit > 1e-5);
        const exact = ((waiting + 1) * per) / limit;
        const waitMs = emptied().waitFor(waiting + 1, 0);
        expect(Math.abs(waitMs - exact)).toBeLessThan(1e-6 + exact * 1e-12);
        // Only one that holds as many at once can be asked for them at once.
        if (waiting + 1 > burst) return;
        const punctual = emptied();
        expect(punctual.waitFor(waiting + 1, waitMs)).toBe(0);
        const early = emptied();
        expect(early.waitFor(waiting + 1, waitMs - 2e-6)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('permits taken between two ticks', () => {
  /** Takes one at a time without the time, and says how many, and how often a tick was asked for. */
  function takeUntimed(bucket: TokenBucket, most = Infinity) {
    const listeners: TickListener[] = [];
    const time = { awaitTick: (listener: TickListener) => void listeners.push(listener) };
    let taken = 0;
    for (; taken < most && bucket.takeUntimed(1, time); taken++);
    return { taken, listeners };
  }

  it('are no more than are certainly there, and one tick is asked for', () => {
    const bucket = new TokenBucket(10, 1_000, 5);
    bucket.waitFor(1, 0);
    const { taken, listeners } = takeUntimed(bucket);
    expect([taken, listeners]).toEqual([5, [bucket]]);
    expect(bucket.available(0)).toBe(0);
  });

  it('several at once are taken only if all of them are there', () => {
    const bucket = new TokenBucket(10, 1_000, 5);
    bucket.waitFor(1, 0);
    const time = { awaitTick() {} };
    expect([6, 3, 3, 2].map((count) => bucket.takeUntimed(count, time))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('count as taken at the next tick', () => {
    const bucket = new TokenBucket(10, 1_000, 5);
    bucket.waitFor(1, 0);
    takeUntimed(bucket, 4);
    bucket.onTick(100);
    // The bucket was full until then, so that nothing came in a tenth of a second.
    expect(bucket.available(100)).toBe(1);
    expect(bucket.available(200)).toBe(2);
    const again = takeUntimed(bucket);
    expect([again.taken, again.listeners.length]).toEqual([2, 1]);
  });

  it('count when the time is told next, if that comes first', () => {
    const bucket = new TokenBucket(10, 1_000, 5);
    bucket.waitFor(1, 0);
    takeUntimed(bucket, 4);
    expect(bucket.waitFor(2, 100)).toBe(100);
    bucket.onTick(100);
    expect(bucket.available(100)).toBe(1);
  });

  it('a look at what is there settles nothing: the time of it may be old', () => {
    const bucket = new TokenBucket(10, 1_000, 5);
    bucket.waitFor(1, 0);
    takeUntimed(bucket, 4);
    expect(bucket.available(50)).toBe(1);
    bucket.onTick(150);
    expect(bucket.available(150)).toBe(1);
  });

  it('a look finds what has come since, beside what is owed', () => {
    const bucket = new TokenBucket(10, 1_000, 5);
    bucket.waitFor(3, 0);
    bucket.take(3);
    takeUntimed(bucket, 1);
    expect([0, 100, 200].map((at) => bucket.available(at))).toEqual([1, 2, 3]);
  });

  it('a look finds what has come since a tick', () => {
    const bucket = new TokenBucket(10, 1_000, 5);
    bucket.waitFor(5, 0);
    bucket.take(5);
    takeUntimed(bucket);
    expect([0, 100, 200, 50, 300].map((at) => bucket.available(at))).toEqual([0, 1, 2, 2, 3]);
  });

  it.each([
    [100, 10, true],
    [101, 10, false],
    [50, 5, true],
    [50, 4, false],
  ])('with %s a second, a bucket of %s gives some without the time: %s', (limit, burst, does) => {
    const bucket = new TokenBucket(limit, 1_000, burst);
    bucket.waitFor(1, 0);
    expect(takeUntimed(bucket, 1).taken === 1).toBe(does);
  });
});

function drainAtMost(bucket: TokenBucket, nowMs: number, most: number): number {
  let taken = 0;
  for (; taken < most && bucket.waitFor(1, nowMs) === 0; taken++) bucket.take(1);
  return taken;
}
