import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeptSlots, keptFor } from '../../../../src/policies/adaptive-limiter/brake/kept-slots.js';

it('L2: a slot is kept for three quarters of what its call took, and for 2 s at most', () => {
  expect([0, 1, 500, 2_000, 60_000].map(keptFor)).toEqual([0, 0.75, 375, 1_500, 2_000]);
});

it('L2: each is free when its time is over, and the next one is known', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 2_000 }), { maxLength: 50, size: 'max' }),
      fc.nat({ max: 2_000 }),
      (times, now) => {
        const kept = new KeptSlots();
        for (const time of times) kept.add(time);
        expect(kept.count).toBe(times.length);
        kept.release(now);
        const left = times.filter((time) => time > now);
        expect(kept.count).toBe(left.length);
        expect(kept.nextAt).toBe(Math.min(Infinity, ...left));
      },
    ),
  );
});

it('G13: none is kept by a clock that went back, or by a time that is none', () => {
  const kept = new KeptSlots();
  // Twice the longest time is none yet that shows it.
  kept.add(4_000);
  kept.release(0);
  expect(kept.count).toBe(1);
  kept.release(-0.5);
  expect(kept.count).toBe(0);
  kept.add(1_002_000);
  kept.release(1_000_000);
  expect(kept.count).toBe(1);
  kept.release(5_000);
  expect(kept.count).toBe(0);
  for (const none of [Number.NaN, Infinity]) kept.add(none);
  expect(kept).toMatchObject({ count: 0, nextAt: Infinity });
});
