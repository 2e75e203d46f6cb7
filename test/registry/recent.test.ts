import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/pipeline/reporting/tally.js';
import { Looks, Recent } from '../../src/registry/recent.js';

describe('Looks', () => {
  it('has no past at the first look', () => {
    expect(new Looks().look(5_000, [100])).toBeUndefined();
  });

  it('tells how much counts have grown since the first look', () => {
    const looks = new Looks();
    looks.look(0, [100, 7]);
    expect(looks.look(5_000, [150, 8])).toEqual({ overMs: 5_000, counts: [50, 1] });
  });

  it('takes looks that are closer than a second for one', () => {
    const looks = new Looks();
    looks.look(0, [0]);
    expect(looks.look(999, [10])).toBeUndefined();
    const growth = looks.look(1_000, [20]);
    expect(growth).toEqual({ overMs: 1_000, counts: [20] });
    expect(looks.look(1_999, [30])).toBe(growth);
    expect(looks.look(2_000, [40])).toEqual({ overMs: 2_000, counts: [40] });
  });

  it('V2: looks 30 to 90 s back if somebody looks often', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1_000, max: 30_000 }), { maxLength: 60, size: 'max' }),
        (steps) => {
          const looks = new Looks();
          let now = 0;
          looks.look(now, [0]);
          for (const step of steps) {
            now += step;
            // One a millisecond, so the growth of the count is the time that it covers.
            const growth = looks.look(now, [now]);
            expect(growth?.counts).toEqual([growth?.overMs]);
            expect(growth?.overMs).toBeGreaterThanOrEqual(Math.min(now, 30_000));
            expect(growth?.overMs).toBeLessThanOrEqual(90_000);
          }
        },
      ),
    );
  });

  it('looks back to the last look if somebody looks rarely', () => {
    const looks = new Looks();
    looks.look(0, [0]);
    expect(looks.look(300_000, [30])).toEqual({ overMs: 300_000, counts: [30] });
    expect(looks.look(305_000, [35])).toEqual({ overMs: 5_000, counts: [5] });
    // That look was too close to the one before to replace it.
    expect(looks.look(905_000, [36])).toEqual({ overMs: 605_000, counts: [6] });
  });

  it('begins anew when the clock goes back, or tells no time', () => {
    for (const [jump, since] of [
      [-500_000, -500_000],
      [Number.NaN, 10_000],
    ] as const) {
      const looks = new Looks();
      looks.look(0, [0]);
      expect(looks.look(5_000, [10])).toEqual({ overMs: 5_000, counts: [10] });
      expect(looks.look(jump, [20])).toBeUndefined();
      looks.look(since, [20]);
      expect(looks.look(since + 2_000, [24])).toEqual({ overMs: 2_000, counts: [4] });
    }
  });

  it('has no past after ten minutes without a look', () => {
    const looks = new Looks();
    looks.look(0, [0]);
    looks.look(2_000, [0]);
    expect(looks.look(602_001, [5])).toBeUndefined();
    expect(looks.look(604_001, [7])).toEqual({ overMs: 2_000, counts: [2] });
  });

  it('does not take over an array that its caller goes on counting in', () => {
    const looks = new Looks();
    const counts = [0];
    looks.look(0, counts);
    counts[0] = 9;
    expect(looks.look(1_000, counts)?.counts).toEqual([9]);
  });
});

describe('Recent', () => {
  const times = (n: number, count: () => void): void => {
    for (let i = 0; i < n; i++) count();
  };

  it('tells calls a second, and the shares that failed and were refused', () => {
    const tally = new Tally();
    const recent = new Recent();
    tally.straight = 1_000;
    tally.call('failure', false, new Error('long ago'));
    expect(recent.look(0, [tally])).toBeUndefined();
    tally.straight += 10;
    times(4, () => tally.call('failure', true, new Error('x')));
    times(2, () => tally.call('timeout', false, new Error('x')));
    times(1, () => tally.call('fallback', false, undefined));
    times(2, () => tally.call('rejected', false, new Error('x')));
    times(1, () => tally.call('cancelled', false, new Error('x')));
    expect(recent.look(10_000, [tally])).toEqual({
      overMs: 10_000,
      rate: 2,
      errorShare: 7 / 20,
      refusedShare: 2 / 20,
    });
  });

  it('counts a body that fails as the failure of a call, and not as another call', () => {
    const tally = new Tally();
    const recent = new Recent();
    recent.look(0, [tally]);
    tally.straight += 2;
    tally.call('body_failure', false, new Error('x'));
    expect(recent.look(1_000, [tally])).toMatchObject({ rate: 2, errorShare: 0.5 });
  });

  it('keeps to shares of at most 1 when bodies fail whose calls are counted in an earlier period', () => {
    const tally = new Tally();
    const recent = new Recent();
    tally.straight = 5;
    recent.look(0, [tally]);
    tally.straight++;
    times(5, () => tally.call('body_failure', false, new Error('x')));
    expect(recent.look(1_000, [tally])).toMatchObject({ rate: 1, errorShare: 1 });
  });

  it('knows no shares of no calls', () => {
    const recent = new Recent();
    recent.look(0, []);
    expect(recent.look(1_000, [])).toEqual({
      overMs: 1_000,
      rate: 0,
      errorShare: undefined,
      refusedShare: undefined,
    });
  });

  it('counts a tally once that many copies share', () => {
    const tally = new Tally();
    const recent = new Recent();
    recent.look(0, [tally, tally]);
    tally.straight += 3;
    expect(recent.look(1_000, [tally, tally])).toMatchObject({ rate: 3 });
  });

  it('adds up several, and finds calls of one that went and came back', () => {
    const [a, b] = [new Tally(), new Tally()];
    const recent = new Recent();
    a.straight = 50;
    recent.look(0, [a]);
    a.straight += 1;
    b.straight += 2;
    expect(recent.look(1_000, [b])).toMatchObject({ rate: 2 });
    expect(recent.look(2_000, [a, b])).toMatchObject({ rate: 1.5 });
  });

  it('V2: is never negative when a counter starts over', () => {
    const tally = new Tally();
    const recent = new Recent();
    tally.straight = 100;
    recent.look(0, [tally]);
    tally.straight = 4;
    expect(recent.look(1_000, [tally])).toMatchObject({ rate: 4, errorShare: 0 });
  });
});
