import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Stays } from '../../../../src/policies/adaptive-limiter/brake/stays.js';

it('L2: keeps what is told of each call, until that has ended', () => {
  const stays = new Stays();
  const one = stays.add(1_000.5, 250.25, true, 3);
  const other = stays.add(2_000, Infinity, false, 4);
  expect(stays.startedMs(one)).toBe(1_000.5);
  expect(stays.usefulMs(one)).toBe(250.25);
  expect(stays.hasDeadline(one)).toBe(true);
  expect(stays.cuts(one)).toBe(3);
  expect(stays.isJudged(one)).toBe(false);
  expect(stays.usefulMs(other)).toBe(Infinity);
  expect(stays.hasDeadline(other)).toBe(false);
  expect(stays.cuts(other)).toBe(4);
  stays.remove(one);
  expect(stays.startedMs(other)).toBe(2_000);
});

it('L2: the oldest is late when it has taken longer than is useful, and is then judged and out of the way', () => {
  const stays = new Stays();
  const one = stays.add(0, 100, true, 0);
  const other = stays.add(10, 100, true, 0);
  expect(stays.takeLate(100)).toBe(-1);
  expect(stays.takeLate(100.1)).toBe(one);
  expect(stays.isJudged(one)).toBe(true);
  expect(stays.takeLate(100.1)).toBe(-1);
  expect(stays.takeLate(111)).toBe(other);
  expect(stays.takeLate(1e9)).toBe(-1);
  stays.remove(one);
  stays.remove(other);
  expect(stays.takeLate(1e9)).toBe(-1);
});

it('L2: nobody is late of whom nothing is known, or who had no time at all; and they hide nobody', () => {
  const stays = new Stays();
  const never = [Infinity, 0, -5, Number.NaN, -Infinity].map((ms) => stays.add(0, ms, true, 0));
  for (const stay of never) expect(stays.isLate(stay, 1e9)).toBe(false);
  const late = stays.add(1, 10, true, 0);
  expect(stays.takeLate(20)).toBe(late);
  expect(stays.takeLate(1e9)).toBe(-1);
});

it('L2: the time in which the event loop was blocked makes nobody late', () => {
  const stays = new Stays();
  const one = stays.add(50, 100, true, 0);
  const blockedMs = (ms: number) => ({ elapsed: (from: number, now: number) => now - from - ms });
  expect(stays.isLate(one, 550, blockedMs(400))).toBe(false);
  expect(stays.takeLate(550, blockedMs(400))).toBe(-1);
  expect(stays.isJudged(one)).toBe(false);
  expect(stays.isLate(one, 550, blockedMs(399))).toBe(true);
  expect(stays.takeLate(550, blockedMs(399))).toBe(one);
  // Nor does it make late who has time left.
  const other = stays.add(550, 100, true, 0);
  expect(stays.isLate(other, 600, blockedMs(-500))).toBe(false);
});

it('L2: nobody is late while it is paused, and its time starts anew when it goes on', () => {
  const stays = new Stays();
  const one = stays.add(0, 100, true, 3);
  const other = stays.add(10, 100, true, 0);
  stays.pause(one);
  stays.pause(one);
  expect(stays.takeLate(109)).toBe(-1);
  expect(stays.isLate(one, 1e9)).toBe(false);
  stays.resume(one, 200, 50);
  expect([stays.startedMs(one), stays.usefulMs(one), stays.cuts(one)]).toEqual([200, 50, 3]);
  expect(stays.takeLate(200)).toBe(other);
  expect(stays.takeLate(250)).toBe(-1);
  expect(stays.takeLate(251)).toBe(one);
  // It has been judged: it stays so.
  stays.resume(one, 300, 50);
  expect(stays.isJudged(one)).toBe(true);
  expect(stays.takeLate(1e9)).toBe(-1);
  stays.remove(one);
  stays.remove(other);
});

it('G13: nobody is late by a clock that went back or says no time', () => {
  const stays = new Stays();
  stays.add(1_000, 10, true, 0);
  for (const now of [Number.NaN, 0, -Infinity]) expect(stays.takeLate(now)).toBe(-1);
});

it('L2: does what a list of objects would, whoever comes, ends, or is late', () => {
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ usefulMs: fc.constantFrom(5, 20, 100, 0, Infinity) }) },
    { weight: 3, arbitrary: fc.record({ end: fc.nat({ max: 100 }) }) },
    { weight: 2, arbitrary: fc.record({ afterMs: fc.nat({ max: 30 }) }) },
  );
  interface Model {
    readonly stay: number;
    readonly startedMs: number;
    readonly usefulMs: number;
    readonly cuts: number;
    judged: boolean;
  }
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300, size: 'max' }), (commands) => {
      const stays = new Stays();
      let now = 0;
      let count = 0;
      const inside: Model[] = [];
      const listed = () =>
        inside.filter(({ usefulMs, judged }) => !judged && usefulMs > 0 && usefulMs < Infinity);
      for (const each of commands) {
        if ('usefulMs' in each) {
          const { usefulMs } = each;
          const stay = stays.add(now, usefulMs, true, ++count);
          expect(inside.some((other) => other.stay === stay)).toBe(false);
          inside.push({ stay, startedMs: now, usefulMs, cuts: count, judged: false });
        } else if ('end' in each) {
          const [gone] = inside.splice(each.end % Math.max(1, inside.length), 1);
          if (gone === undefined) continue;
          expect(stays.isJudged(gone.stay)).toBe(gone.judged);
          stays.remove(gone.stay);
        } else {
          now += each.afterMs;
          for (;;) {
            const [oldest] = listed();
            const isLate = oldest !== undefined && now - oldest.startedMs > oldest.usefulMs;
            expect(stays.takeLate(now)).toBe(isLate ? oldest.stay : -1);
            if (!isLate) break;
            oldest.judged = true;
          }
        }
        for (const { stay, startedMs, cuts } of inside) {
          expect(stays.startedMs(stay)).toBe(startedMs);
          expect(stays.cuts(stay)).toBe(cuts);
        }
      }
    }),
  );
});

it('L2: its memory is that of the most that were inside at a time, and little again after a rush', () => {
  const stays = new Stays();
  for (let i = 0; i < 10_000; i++) stays.remove(stays.add(i, 10, true, 0));
  expect(stays.places).toBe(16);
  const hanging = stays.add(0, 10, true, 0);
  const rush = Array.from({ length: 5_000 }, (_, i) => stays.add(i, 10, true, i));
  expect(new Set(rush).size).toBe(5_000);
  for (const stay of rush) stays.remove(stay);
  expect(stays.places).toBeGreaterThan(5_000);
  stays.remove(hanging);
  expect(stays.places).toBe(16);
  expect(stays.takeLate(1e9)).toBe(-1);
  const next = stays.add(5, 10, true, 1);
  expect(stays.startedMs(next)).toBe(5);
});

it('L2: one that can never be late, from its start or since it went on, hides nobody behind it', () => {
  for (const usefulMs of [Infinity, 0, -5]) {
    const stays = new Stays();
    const first = stays.add(0, 100, true, 0);
    stays.pause(first);
    stays.resume(first, 0, usefulMs);
    stays.add(0, usefulMs, true, 0);
    const last = stays.add(0, 50, true, 0);
    expect(stays.takeLate(1_000)).toBe(last);
    expect(stays.takeLate(1_000)).toBeLessThan(0);
  }
});

it('L2: one that pauses leaves the others in their order, keeps what is known of it, and leaves once', () => {
  const stays = new Stays();
  const [a, b, c, d] = [1, 2, 3, 4].map((cuts) => stays.add(0, 50, true, cuts)) as [
    number,
    number,
    number,
    number,
  ];
  stays.pause(b);
  expect([stays.hasDeadline(b), stays.cuts(b), stays.isJudged(b)]).toEqual([true, 2, false]);
  expect(stays.takeLate(100)).toBe(a);
  expect([stays.hasDeadline(a), stays.cuts(a), stays.isJudged(a)]).toEqual([true, 1, true]);
  stays.remove(a);
  stays.remove(b);
  expect(stays.takeLate(100)).toBe(c);
  stays.remove(c);
  stays.remove(d);
  expect(stays.takeLate(100)).toBeLessThan(0);
});

it('L2: places are kept while they are few, and given back when they were many', () => {
  const stays = new Stays();
  const fill = (count: number): number => {
    const inside = Array.from({ length: count }, () => stays.add(0, 50, true, 7));
    expect(inside.every((stay) => stays.hasDeadline(stay) && stays.cuts(stay) === 7)).toBe(true);
    expect(stays.startedMs(inside.at(-1) as number)).toBe(0);
    for (const stay of inside) stays.remove(stay);
    return stays.places;
  };
  expect([17, 1, 1_024, 1_025, 16, 17].map(fill)).toEqual([32, 32, 1_024, 16, 16, 32]);
});
