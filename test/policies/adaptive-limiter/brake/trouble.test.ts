import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Trouble, threshold } from '../../../../src/policies/adaptive-limiter/brake/trouble.js';
import { seeded } from '../support/closed-loop.js';

const window = fc.integer({ min: 4, max: 10_000 });

it('L2: less than 40% of useless calls are never trouble, and 90% always are', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), window, (usual, calls) => {
      expect(threshold(usual, calls)).toBeGreaterThanOrEqual(0.4);
      expect(threshold(usual, calls)).toBeLessThanOrEqual(0.9);
    }),
  );
});

it('L2: the more calls are useless usually, the more it takes', () => {
  const usual = fc.double({ min: 0, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(usual, usual, window, (one, other, calls) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      expect(threshold(more, calls)).toBeGreaterThanOrEqual(threshold(less, calls));
    }),
  );
});

it('L2: the more calls it looks back on, the less is chance', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.5, noNaN: true }), window, window, (usual, a, b) => {
      const [few, many] = [Math.min(a, b), Math.max(a, b)];
      expect(threshold(usual, many)).toBeLessThanOrEqual(threshold(usual, few));
    }),
  );
});

it('L2: an eighth of useless calls, as of one bad server of eight, is hardly ever taken for trouble, whatever the window', () => {
  for (const calls of [4, 8, 20, 100, 1_000]) {
    let signs = 0;
    let judged = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed);
      const trouble = new Trouble();
      for (let i = 0; i < 2_000; i++) {
        const isUseless = random() < 1 / 8;
        trouble.learn(isUseless);
        trouble.add(isUseless, calls);
        if (i < 200) continue;
        judged++;
        if (isUseless && trouble.isIn(calls)) signs++;
      }
    }
    expect([calls, signs / judged < 0.002]).toEqual([calls, true]);
  }
});

it('L2: when all are useless that is found within as many calls as the window', () => {
  for (const [usual, most] of [
    [0, 0.6],
    [0.15, 1.3],
  ] as const) {
    for (const calls of [4, 8, 20, 100, 1_000]) {
      const trouble = new Trouble();
      trouble.usual = usual;
      let count = 0;
      while (!trouble.isIn(calls)) {
        trouble.add(true, calls);
        count++;
      }
      expect([calls, count <= Math.ceil(most * calls)]).toEqual([calls, true]);
    }
  }
});

it('L2: the share stays one, and fades away to nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), window), { maxLength: 200, size: 'max' }),
      (calls) => {
        const trouble = new Trouble();
        for (const [isUseless, seen] of calls) {
          const before = trouble.share;
          trouble.add(isUseless, seen);
          expect(trouble.share).toBeGreaterThanOrEqual(isUseless ? before : 0);
          expect(trouble.share).toBeLessThanOrEqual(isUseless ? 1 : before);
        }
        for (let i = 0; i < 100; i++) trouble.add(false, 4);
        expect(trouble.share).toBe(0);
      },
    ),
  );
});

it('L2: no more than 15% are ever usual, and nothing is learnt while most are useless', () => {
  const trouble = new Trouble();
  for (let i = 0; i < 1_000; i++) trouble.learn(true);
  expect(trouble.usual).toBe(0.15);
  trouble.share = 0.5;
  for (let i = 0; i < 1_000; i++) trouble.learn(false);
  expect(trouble.usual).toBe(0.15);
  trouble.share = 0.49;
  for (let i = 0; i < 1_000; i++) trouble.learn(false);
  expect(trouble.usual).toBeLessThan(0.001);
});

it('L2: what is forgotten is no more than usual', () => {
  const trouble = new Trouble();
  trouble.usual = 0.1;
  trouble.share = 0.8;
  trouble.forget();
  expect(trouble.share).toBe(0.1);
  trouble.share = 0.05;
  trouble.forget();
  expect(trouble.share).toBe(0.05);
});

it('L2: the share moves by a window’s part at each call, and what is next to nothing is nothing', () => {
  const trouble = new Trouble();
  const after = (share: number, useless: boolean, calls: number): number => {
    trouble.share = share;
    trouble.add(useless, calls);
    return trouble.share;
  };
  expect(after(0, true, 4)).toBe(0.25);
  expect(after(0.6, true, 10)).toBeCloseTo(0.64);
  expect(after(0.8, false, 4)).toBeCloseTo(0.6);
  expect(after(0, false, 4)).toBe(0);
  expect(after(2e-9, false, 2)).toBe(1e-9);
  expect(after(1e-9, false, 2)).toBe(0);
});

it('L2: it is none when no call is useless, of late or usually', () => {
  for (const [share, usual] of [
    [0, 0],
    [0.1, 0],
    [0, 0.1],
    [0.1, 0.1],
  ] as const) {
    const trouble = Object.assign(new Trouble(), { share, usual });
    expect(trouble.isNone).toBe(share + usual === 0);
  }
});

it('L2: it is trouble from the threshold on, which lies four standard deviations above what is usual', () => {
  const trouble = new Trouble();
  trouble.share = 0.4;
  expect(trouble.isIn(4)).toBe(true);
  trouble.share = 0.399;
  expect(trouble.isIn(4)).toBe(false);
  // The deviation of a mean that gives each call a quarter, or a tenth.
  expect(threshold(0.15, 4)).toBeCloseTo(0.15 + 4 * Math.sqrt((0.15 * 0.85) / 7), 9);
  expect(threshold(0.15, 10)).toBeCloseTo(0.15 + 4 * Math.sqrt((0.15 * 0.85) / 19), 9);
  expect(threshold(0, 4)).toBe(0.4);
  expect(threshold(0.5, 4)).toBe(0.9);
});
