import { expect, it } from 'vitest';
import { Headroom } from '../../../src/policies/rate-limiter/headroom.js';

it('L5: the least headroom since a take is told, and after many lows no more than it was', () => {
  const headroom = new Headroom();
  const takes: number[] = [];
  // Each low is higher than the one before, so that none replaces another.
  for (let room = 0; room < 200; room++) {
    takes.push(headroom.mark());
    headroom.sink(room);
  }
  for (const [i, take] of takes.entries()) {
    const told = headroom.leastSince(take);
    expect(told).toBeLessThanOrEqual(i);
    // The latest are told exactly.
    if (i >= 170) expect(told).toBe(i);
  }
  headroom.sink(5);
  expect(headroom.leastSince(takes[199] as number)).toBe(5);
  expect(headroom.leastSince(201)).toBe(Infinity);
});
