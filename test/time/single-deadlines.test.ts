import { describe, expect, it } from 'vitest';
import { SingleDeadlines } from '../../src/time/single-deadlines.js';
import { timeSourceOf } from '../../src/time/time-source.js';

/** A clock whose timers are set off by hand. */
function byHand() {
  let now = 1_000;
  const timers: { readonly callback: () => void; readonly delayMs: number }[] = [];
  const clock = {
    now: () => now,
    wallNow: () => now,
    setTimer: (callback: () => void, delayMs: number) => timers.push({ callback, delayMs }),
    clearTimer: () => {},
  };
  return {
    timers,
    queueOf: (durationMs: number) => new SingleDeadlines(timeSourceOf(clock), durationMs),
    fireAt: (atMs: number) => {
      now = atMs;
      timers.shift()?.callback();
    },
  };
}

describe('deadlines with a timer for each', () => {
  it('T3: none passes before its time when a timer comes a little early', () => {
    const { timers, queueOf, fireAt } = byHand();
    const passed: unknown[] = [];
    queueOf(20).add({ onDeadline: (owner) => passed.push(owner) }, 'call', 0);
    fireAt(1_019.4);
    expect(passed).toEqual([]);
    expect(timers).toMatchObject([{ delayMs: expect.closeTo(0.6) }]);
    fireAt(1_020);
    expect(passed).toEqual(['call']);
    expect(timers).toEqual([]);
  });

  it.each([
    ['is further off than any timer is early: fake timers say so, and not the clock', 20, 1_000],
    ['is as short as a timer may be early', 1, 1_000.5],
    ['is off by a rounding', 20, 1_019.999_999],
    ['is over', 20, 1_020],
  ])('T3: the timer is believed when the deadline %s', (_, durationMs, atMs) => {
    const { timers, queueOf, fireAt } = byHand();
    const passed: unknown[] = [];
    queueOf(durationMs).add({ onDeadline: (owner) => passed.push(owner) }, 'call', 0);
    fireAt(atMs);
    expect(passed).toEqual(['call']);
    expect(timers).toEqual([]);
  });
});
