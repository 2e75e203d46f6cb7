import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Brake } from '../../../../src/policies/adaptive-limiter/brake/brake.js';
import { seeded } from '../support/closed-loop.js';

/** Useless calls, as many as are in flight at a time, until the limit is cut. Answers how many it took. */
function cut(brake: Brake, inFlight: number, nowMs = 0): number {
  const { cuts } = brake;
  let calls = 0;
  while (brake.cuts === cuts) {
    brake.useless(brake.cuts, nowMs, inFlight);
    calls++;
  }
  return calls;
}

const verdict = fc.record({
  isUseless: fc.boolean(),
  afterMs: fc.nat({ max: 5_000 }),
  inFlight: fc.integer({ min: 1, max: 300 }),
  /** Whether it started before the last cut. */
  isOld: fc.boolean(),
});

it('L2: floor and cap hold, whatever happens', () => {
  const bounds = fc
    .tuple(fc.integer({ min: 1, max: 50 }), fc.nat({ max: 300 }), fc.nat({ max: 300 }))
    .map(([min, more, above]) => ({
      min,
      max: min + Math.max(more, above),
      initial: min + Math.min(more, above),
    }));
  fc.assert(
    fc.property(
      bounds,
      fc.array(verdict, { maxLength: 300, size: 'max' }),
      ({ min, max, initial }, verdicts) => {
        const brake = new Brake(min, max, initial);
        let now = 0;
        for (const { isUseless, afterMs, inFlight, isOld } of verdicts) {
          now += afterMs;
          brake.advance(now);
          const before = brake.current;
          const cuts = brake.cuts - Number(isOld);
          if (isUseless) brake.useless(cuts, now, inFlight);
          else brake.useful(cuts, now, inFlight);
          expect(Number.isInteger(brake.current)).toBe(true);
          expect(brake.current).toBeGreaterThanOrEqual(min);
          expect(brake.current).toBeLessThanOrEqual(max);
          // One call widens it by one at most, and only a useless one shrinks it.
          if (isUseless) expect(brake.current).toBeLessThanOrEqual(before);
          else expect(brake.current - before).toBeLessThanOrEqual(1);
          if (!isUseless) expect(brake.current).toBeGreaterThanOrEqual(before);
          if (isOld) expect(brake.current).toBe(before);
        }
      },
    ),
  );
});

describe('a cut', () => {
  it('L2: comes within few useless calls, and takes about half of what was in flight, whatever the limit was', () => {
    for (const [inFlight, most] of [
      [1, 2],
      [2, 2],
      [4, 2],
      [10, 7],
      [100, 52],
      [1_000, 512],
    ] as const) {
      const brake = new Brake(1, 10_000);
      expect(cut(brake, inFlight)).toBeLessThanOrEqual(most);
      // In proportion to the share of useless calls, of which it takes 40%.
      expect(brake.current).toBeLessThanOrEqual(Math.max(1, 0.8 * inFlight));
      expect(brake.current).toBeGreaterThanOrEqual(Math.floor(0.5 * inFlight));
    }
  });

  it('L2: goes on, down to the floor, while calls that started since are useless too', () => {
    const brake = new Brake(2, 10_000);
    let cuts = 0;
    for (let inFlight = 100; brake.current > 2; inFlight = brake.current) {
      cut(brake, inFlight);
      cuts++;
    }
    expect(cuts).toBeLessThan(15);
    for (let i = 0; i < 100; i++) cut(brake, 2);
    expect(brake.current).toBe(2);
  });

  it('L2: comes as soon after one useless call long ago as it did before any', () => {
    const brake = new Brake(1, 10);
    brake.useless(brake.cuts, 0, 9);
    for (let i = 0; i < 200; i++) brake.useful(brake.cuts, 0, 9);
    // While the limit is in the way, nothing is learnt of what is usual.
    expect(cut(brake, 10)).toBe(5);
    expect(cut(new Brake(1, 10), 10)).toBe(5);
  });

  it('L2: leaves room for the calls that are useless usually', () => {
    const brake = new Brake(1, 10_000);
    for (let i = 0; i < 600; i++) {
      if (i % 6 === 0) brake.useless(brake.cuts, 0, 4);
      else brake.useful(brake.cuts, 0, 4);
    }
    expect(brake.isOn).toBe(false);
    cut(brake, 4);
    expect(brake.current).toBe(3);
  });

  it('L2: is moved neither way by calls that started before it', () => {
    const brake = new Brake(1, 10_000);
    const before = brake.cuts;
    cut(brake, 100);
    const { current } = brake;
    for (let i = 0; i < 1_000; i++) brake.useless(before, 10, 100);
    expect(brake.current).toBe(current);
    for (let i = 0; i < 1_000; i++) brake.useful(before, 10, 100);
    expect(brake.current).toBe(current);
  });

  it('L2: hardly ever comes from an eighth of useless calls, and is gone within few calls', () => {
    for (const inFlight of [2, 8, 30, 200]) {
      let cuts = 0;
      let calls = 0;
      for (let seed = 1; seed <= 10; seed++) {
        const random = seeded(seed);
        const brake = new Brake(1, 10_000);
        for (let i = 0; i < 3_000; i++, calls++) {
          const now = i * 10;
          brake.advance(now);
          const seen = Math.min(inFlight, brake.current);
          if (random() < 1 / 8) brake.useless(brake.cuts, now, seen);
          else brake.useful(brake.cuts, now, seen);
        }
        cuts += brake.cuts;
      }
      expect([inFlight, cuts / calls < 0.004]).toEqual([inFlight, true]);
    }
  });

  it('L2: never comes from useful calls alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 300, size: 'max' }),
        (inFlights) => {
          const brake = new Brake(1, 10_000);
          for (const inFlight of inFlights) brake.useful(brake.cuts, 0, inFlight);
          expect(brake.current).toBe(10_000);
        },
      ),
    );
  });
});

describe('the way back', () => {
  it('L2: is a slot for each useful call, up to what was in flight, and one a round trip from there on', () => {
    const brake = new Brake(1, 10_000);
    cut(brake, 100);
    for (let i = 0; i < 4; i++) cut(brake, brake.current);
    const low = brake.current;
    expect(low).toBeLessThan(50);
    while (brake.current < 100) {
      const before = brake.current;
      brake.useful(brake.cuts, 0, before);
      expect(brake.current).toBe(before + 1);
    }
    let roundTrip = 0;
    while (brake.current === 100 || brake.current === 101) {
      const before = brake.current;
      brake.useful(brake.cuts, 0, before);
      if (before === 101) roundTrip++;
    }
    expect(roundTrip).toBeGreaterThan(95);
    expect(roundTrip).toBeLessThan(105);
  });

  it('L2: is quick up to four at least, where hardly anything was in flight', () => {
    const brake = new Brake(1, 10_000);
    cut(brake, 1);
    expect(brake.current).toBe(1);
    for (const limit of [2, 3, 4]) {
      brake.useful(brake.cuts, 0, brake.current);
      expect(brake.current).toBe(limit);
    }
    brake.useful(brake.cuts, 0, brake.current);
    expect(brake.current).toBe(4);
  });

  it('L2: is not gone by useful calls while less than half of the limit is in use', () => {
    const brake = new Brake(1, 10_000);
    cut(brake, 40);
    const { current } = brake;
    for (let i = 0; i < 1_000; i++) brake.useful(brake.cuts, 0, Math.ceil(current / 2) - 1);
    expect(brake.current).toBe(current);
    brake.useful(brake.cuts, 0, Math.ceil(current / 2));
    expect(brake.current).toBe(current + 1);
  });

  it('L2: goes from where it starts, when it starts low', () => {
    const brake = new Brake(1, 100, 10);
    expect(brake.isOn).toBe(true);
    expect(brake.remembers).toBe(false);
    brake.useful(brake.cuts, 0, 10);
    expect(brake.current).toBe(11);
  });
});

describe('letting go', () => {
  it('L2: comes 30 s after the last cut', () => {
    const brake = new Brake(1, 10_000);
    cut(brake, 100, 0);
    cut(brake, brake.current, 20_000);
    const { current } = brake;
    expect(brake.remembers).toBe(true);
    brake.advance(50_000);
    expect(brake.current).toBe(current);
    brake.advance(50_001);
    expect(brake).toMatchObject({ current: 10_000, isOn: false, remembers: false, letGoes: 1 });
  });

  it('L2: and as long after the first look, where it starts low', () => {
    const brake = new Brake(1, 100, 10);
    brake.advance(5_000);
    brake.advance(35_000);
    expect(brake.current).toBe(10);
    brake.advance(35_001);
    expect(brake.current).toBe(100);
  });

  it('L2: leaves no trouble behind: as many useless calls as ever are needed for the next cut', () => {
    const brake = new Brake(1, 10_000);
    cut(brake, 100);
    brake.advance(31_000);
    expect(brake.inTrouble).toBe(false);
    expect(cut(brake, 100, 31_000)).toBeGreaterThan(25);
  });
});

describe('what is usual', () => {
  /** A cut at 8 in flight, and before or after it an eighth of useless calls that say nothing of the limit. */
  function eighth(inFlight: number, nowMs: number, cutBefore: boolean): Brake {
    const brake = new Brake(1, 8);
    if (cutBefore) cut(brake, 8);
    for (let i = 0; i < 800; i++) {
      if (i % 8 === 0) brake.useless(-1, nowMs, inFlight);
      else brake.useful(-1, nowMs, inFlight);
    }
    if (!cutBefore) cut(brake, 8);
    return brake;
  }

  it('L2: is learnt while the limit is not in the way', () => {
    // Where an eighth is usual, half of them is no trouble for few calls yet.
    expect(eighth(8, 0, false).inTrouble).toBe(true);
    expect(eighth(7, 0, false).inTrouble).toBe(false);
  });

  it('L2: is not learnt within a second of a cut', () => {
    expect(eighth(2, 1_000, true).inTrouble).toBe(true);
    expect(eighth(2, 1_001, true).inTrouble).toBe(false);
  });
});

it('L2: an upstream that is slower for good, but not too slow for its callers, never shrinks it', () => {
  // Whether a call is useful does not depend on what calls took before: that is for its callers to say.
  const brake = new Brake(1, 10_000);
  for (let i = 0; i < 100_000; i++) brake.useful(brake.cuts, i, 1 + (i % 300));
  expect(brake).toMatchObject({ current: 10_000, cuts: 0, share: 0 });
});
