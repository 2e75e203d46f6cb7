import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountWindow } from '../../src/windows/count-window.js';
import { TimeWindow } from '../../src/windows/time-window.js';

/** A success that fails late: X7 lets a body's failure take it back. */
describe('a success that is one no more', () => {
  it('is one fewer of those in a count window, and never more than there are', () => {
    const window = new CountWindow(3);
    expect(window.failSuccess()).toBe(false);
    for (const failed of [false, true, false, false]) window.record(0, failed, failed);
    expect([window.total, window.failures, window.slow]).toEqual([3, 1, 1]);
    expect([window.failSuccess(), window.failSuccess(), window.failSuccess()]).toEqual([
      true,
      true,
      false,
    ]);
    expect([window.total, window.failures, window.slow]).toEqual([3, 3, 1]);
    // What leaves it is what it has become.
    window.record(0, false, false);
    expect([window.total, window.failures]).toEqual([3, 2]);
    window.clear();
    expect(window.failSuccess()).toBe(false);
  });

  it('is the newest one of a count window', () => {
    const window = new CountWindow(4);
    for (const failed of [false, false, false, true]) window.record(0, failed, false);
    expect(window.failSuccess()).toBe(true);
    // The two oldest go, which are successes still; then one that is a failure by now, and one that always was.
    const left = [1, 2, 3, 4].map(() => {
      window.record(0, false, false);
      return window.failures;
    });
    expect(left).toEqual([2, 2, 1, 0]);
  });

  it('is the oldest one of a time window, in place of which a failure of now counts', () => {
    const window = new TimeWindow(1_000);
    window.record(0, true, true);
    window.record(0, false, true);
    window.record(150, true, false);
    window.record(250, false, true);
    expect(window.failSuccess(950)).toBe(true);
    const at = (now: number) => {
      window.advance(now);
      return [window.total, window.failures, window.slow];
    };
    expect(at(950)).toEqual([4, 3, 3]);
    expect(at(1_000)).toEqual([3, 2, 1]);
    expect(at(1_100)).toEqual([2, 1, 1]);
    expect(window.failSuccess(1_100)).toBe(true);
    expect(at(1_100)).toEqual([2, 2, 1]);
    expect(window.failSuccess(1_100)).toBe(false);
    expect(at(1_200)).toEqual([2, 2, 0]);
    expect(at(1_900)).toEqual([1, 1, 0]);
    expect(at(2_100)).toEqual([0, 0, 0]);
  });

  it('is looked for past times in which there was none', () => {
    const window = new TimeWindow(1_000);
    window.record(0, true, false);
    window.record(250, false, false);
    expect(window.failSuccess(950)).toBe(true);
    window.advance(1_000);
    expect([window.total, window.failures]).toEqual([1, 1]);
    window.advance(1_300);
    expect([window.total, window.failures]).toEqual([1, 1]);
  });

  it('is taken out of a time window, and a failure of now added', () => {
    const window = new TimeWindow(1_000);
    expect(window.failSuccess(0)).toBe(false);
    window.record(0, false, false);
    window.record(500, true, true);
    expect(window.failSuccess(950)).toBe(true);
    expect([window.total, window.failures, window.slow]).toEqual([2, 2, 1]);
    expect(window.failSuccess(950)).toBe(false);
    window.advance(1_600);
    expect([window.total, window.failures, window.slow]).toEqual([1, 1, 0]);
    window.advance(3_000);
    expect(window.failSuccess(3_000)).toBe(false);
  });

  it('leaves as many calls as there were, and one failure more, whatever came before', () => {
    const outcome = fc.record({ failed: fc.boolean(), afterMs: fc.nat({ max: 400 }) });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 30, size: 'max' }), (outcomes) => {
        const count = new CountWindow(7);
        const time = new TimeWindow(1_000);
        let now = 0;
        for (const { failed, afterMs } of outcomes) {
          now += afterMs;
          count.record(now, failed, false);
          time.record(now, failed, false);
        }
        for (const window of [count, time]) {
          const { total, failures } = window;
          const took = window.failSuccess(now);
          expect(took).toBe(failures < total);
          expect([window.total, window.failures]).toEqual([total, failures + Number(took)]);
        }
      }),
    );
  });
});
