import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Waiter } from '../../src/policies/wait-queue.js';
import { WaitQueue } from '../../src/policies/wait-queue.js';

it('Q1: whoever joined first is taken first', () => {
  const queue = new WaitQueue<string>();
  expect(queue.shift()).toBeUndefined();
  for (const name of ['a', 'b', 'c']) queue.join(name);
  expect(queue.length).toBe(3);
  expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([
    'a',
    'b',
    'c',
    undefined,
  ]);
  expect(queue.length).toBe(0);
});

it('Q2: anybody may leave from anywhere, once', () => {
  const queue = new WaitQueue<string>();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => queue.join(name));
  for (const waiter of [b, a, d]) {
    expect(queue.leave(waiter!)).toBe(true);
    expect(queue.leave(waiter!)).toBe(false);
  }
  queue.join('e');
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(['c', 'e', undefined]);
  expect(queue.leave(c!)).toBe(false);
});

it('Q1, Q2: does what a list would, whatever the order of joining, leaving and taking', () => {
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.constant('join' as const) },
    { weight: 2, arbitrary: fc.constant('shift' as const) },
    { weight: 2, arbitrary: fc.nat({ max: 30 }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200, size: 'max' }), (commands) => {
      const queue = new WaitQueue<number>();
      const everybody: Waiter<number>[] = [];
      let model: number[] = [];
      for (const each of commands) {
        if (each === 'join') {
          const id = everybody.length;
          everybody.push(queue.join(id));
          model.push(id);
        } else if (each === 'shift') {
          expect(queue.shift()).toBe(model.shift());
        } else {
          const waiter = everybody[each];
          if (waiter === undefined) continue;
          expect(queue.leave(waiter)).toBe(model.includes(each));
          model = model.filter((id) => id !== each);
        }
        expect(queue.length).toBe(model.length);
      }
      expect(Array.from(model, () => queue.shift())).toEqual(model);
      expect(everybody.every(({ queued, next, previous }) => !queued && !next && !previous)).toBe(
        true,
      );
    }),
    { numRuns: 1_000 },
  );
});
