import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { keptTimer } from '../../src/time/kept-timer.js';
import { timeSourceOf } from '../../src/time/time-source.js';
import { unref } from '../../src/time/unref.js';

it.each([
  ['none', undefined],
  ['null', null],
  ['a number, as in browsers', 7],
  ['an object that can only be unref’ed', { unref: () => {} }],
])('a timer that is %s does not stay armed', (_, timer) => {
  expect(keptTimer(timer)).toBeUndefined();
});

it('a timer with ref and unref can stay armed', () => {
  const timer = { ref: () => {}, unref: () => {} };
  expect(keptTimer(timer)).toBe(timer);
});

it.each([undefined, null, 7, {}])('to unref %s does nothing', (timer) => {
  expect(() => unref(timer)).not.toThrow();
});

it('to unref a timer calls its own method on it', () => {
  const timer = {
    kept: true,
    unref() {
      this.kept = false;
    },
  };
  unref(timer);
  expect(timer.kept).toBe(false);
});

it('a deadline that was taken back has no time', () => {
  const queue = timeSourceOf(new VirtualClock()).deadlines(1_000);
  const deadline = queue.add({ onDeadline: () => {} }, queue, 0);
  expect(queue.timeOf(deadline)).toBe(1_000);
  queue.remove(deadline);
  expect([queue.timeOf(deadline), queue.roughTimeOf(deadline)]).toEqual([-1, -1]);
});
