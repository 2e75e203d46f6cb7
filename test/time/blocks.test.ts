import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Blocks, LEAST_BLOCK_MS } from '../../src/time/blocks.js';

it('O1: knows nothing at first', () => {
  const blocks = new Blocks();
  expect(blocks.between(0, 1_000)).toBe(0);
  expect(blocks.between(Number.NaN, 1_000)).toBe(0);
  blocks.note(Number.NaN, 100);
  expect(blocks.between(-1, 1_000)).toBe(0);
});

it('O1: says for how much of a span the loop was blocked', () => {
  const blocks = new Blocks();
  blocks.note(100, 400);
  blocks.note(600, 700);
  expect(blocks.between(0, 1_000)).toBe(400);
  expect(blocks.between(0, 400)).toBe(300);
  expect(blocks.between(200, 250)).toBe(50);
  expect(blocks.between(300, 650)).toBe(150);
  expect(blocks.between(400, 600)).toBe(0);
  expect(blocks.between(700, 900)).toBe(0);
});

it('O1: a timer that is hardly late is no block', () => {
  const blocks = new Blocks();
  blocks.note(100, 100 + LEAST_BLOCK_MS - 0.1);
  blocks.note(200, 190);
  expect(blocks.between(0, 1_000)).toBe(0);
  blocks.note(300, 300 + LEAST_BLOCK_MS);
  expect(blocks.between(0, 1_000)).toBe(LEAST_BLOCK_MS);
});

it('O1: timers that one block held up tell of one block', () => {
  const blocks = new Blocks();
  // Hosts fire them in the order in which they were due.
  for (const [i, due] of [100, 300, 450].entries()) blocks.note(due, 500 + i);
  expect(blocks.between(0, 1_000)).toBe(400);
});

it('O2: no more than the four longest blocks are taken off one span', () => {
  const blocks = new Blocks();
  for (let i = 0; i < 10; i++) blocks.note(100 * i, 100 * i + 50);
  blocks.note(1_000, 1_080);
  expect(blocks.between(0, 2_000)).toBe(80 + 3 * 50);
});

it('O2: the longest ones are taken off wherever they are, and only the last sixteen are known', () => {
  const blocks = new Blocks();
  for (let i = 0; i < 11; i++) blocks.note(100 * i, 100 * i + (i === 5 ? 80 : 50));
  expect(blocks.between(0, 2_000)).toBe(80 + 3 * 50);
  for (let i = 0; i < 16; i++) blocks.note(2_000 + 100 * i, 2_020 + 100 * i);
  expect(blocks.between(0, 10_000)).toBe(4 * 20);
});

it('O2: a span is never blocked for longer than it lasts, and no block is longer than what was noted', () => {
  const gap = fc.integer({ min: 0, max: 300 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(gap, gap), { maxLength: 60, size: 'max' }),
      gap,
      gap,
      (noted, a, b) => {
        const blocks = new Blocks();
        let now = 0;
        let blocked = 0;
        for (const [free, held] of noted) {
          // A timer is never due before it was set, and that takes a turn of the loop.
          const due = now + free + 1;
          now = due + held;
          if (held >= LEAST_BLOCK_MS) blocked += held;
          blocks.note(due, now);
        }
        const from = now - a - b;
        const got = blocks.between(from, now - a);
        expect(got).toBeGreaterThanOrEqual(0);
        expect(got).toBeLessThanOrEqual(b);
        expect(blocks.between(-1, now + 1)).toBeLessThanOrEqual(blocked);
        expect(blocks.between(from, now)).toBeGreaterThanOrEqual(got - 1e-9);
      },
    ),
  );
});
