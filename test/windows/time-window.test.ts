import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeWindow } from '../../src/windows/time-window.js';
import { rounding, timeline } from './timeline.js';

interface Call {
  readonly at: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

function totals(window: TimeWindow) {
  return { total: window.total, failures: window.failures, slow: window.slow };
}

function model(calls: readonly Call[]) {
  return {
    total: calls.length,
    failures: calls.filter((call) => call.failed).length,
    slow: calls.filter((call) => call.slow).length,
  };
}

/** What the promise says, in the simplest words. */
class Reference {
  #calls: Call[] = [];
  #newest = Number.NEGATIVE_INFINITY;
  readonly #length: number;
  readonly #bucket: number;

  constructor(length: number, buckets: number) {
    this.#length = length;
    this.#bucket = length / buckets;
  }

  seen(now: number): number {
    this.#newest = Math.max(this.#newest, now);
    return this.#newest;
  }

  record(call: Call): void {
    this.#calls.push(call);
  }

  /** Calls that must be counted, and calls that may be. */
  bounds(): { must: Call[]; may: Call[] } {
    const age = (call: Call) => this.#newest - call.at;
    const slack = rounding(this.#length, this.#newest);
    return {
      must: this.#calls.filter((call) => age(call) < this.#length - this.#bucket - slack),
      may: this.#calls.filter((call) => age(call) < this.#length + slack),
    };
  }

  clear(): void {
    this.#calls = [];
  }
}

describe('TimeWindow', () => {
  it('is empty at first, and holds what is recorded', () => {
    const window = new TimeWindow(1_000);
    expect(totals(window)).toEqual({ total: 0, failures: 0, slow: 0 });
    window.advance(5_000);
    expect(window.total).toBe(0);
    window.record(5_000, true, true);
    window.record(5_001, false, true);
    window.record(5_900, true, false);
    expect(totals(window)).toEqual({ total: 3, failures: 2, slow: 2 });
  });

  it('B3: an idle hour empties it', () => {
    const window = new TimeWindow(30_000);
    for (let i = 0; i < 9; i++) window.record(i, true, true);
    window.advance(3_600_000);
    expect(totals(window)).toEqual({ total: 0, failures: 0, slow: 0 });
    window.record(3_600_000, true, false);
    expect(totals(window)).toEqual({ total: 1, failures: 1, slow: 0 });
  });

  it('B3: an idle hour empties it when nobody looked before the next call', () => {
    const window = new TimeWindow(30_000);
    for (let i = 0; i < 9; i++) window.record(i, true, true);
    window.record(3_600_000, true, false);
    expect(totals(window)).toEqual({ total: 1, failures: 1, slow: 0 });
  });

  it('B3: forgets a bucket at a time as time passes, not as calls come', () => {
    const window = new TimeWindow(1_000, 10);
    window.record(0, true, false);
    for (let i = 0; i < 50; i++) window.record(150, false, false);
    window.advance(999);
    expect(window.total).toBe(51);
    window.advance(1_000);
    expect(totals(window)).toEqual({ total: 50, failures: 0, slow: 0 });
    window.advance(1_099.9);
    expect(window.total).toBe(50);
    window.advance(1_100);
    expect(window.total).toBe(0);
  });

  it('G13: time that goes back un-counts nothing and is taken as the newest time seen', () => {
    const window = new TimeWindow(1_000, 10);
    window.record(10_000, true, false);
    window.record(3, true, false);
    window.advance(-1e9);
    window.record(Number.NaN, false, true);
    window.record(Number.NEGATIVE_INFINITY, false, true);
    expect(totals(window)).toEqual({ total: 4, failures: 2, slow: 2 });
    window.advance(10_999);
    expect(window.total).toBe(4);
    window.advance(11_000);
    expect(window.total).toBe(0);
  });

  it('G13: a clock that says "infinite" once does not wedge it', () => {
    const window = new TimeWindow(1_000, 10);
    window.record(0, true, false);
    window.record(Number.POSITIVE_INFINITY, true, false);
    expect(window.total).toBe(2);
    window.advance(5_000);
    expect(window.total).toBe(0);
  });

  it('B3: starts anew with the first call after an idle time as long as itself', () => {
    for (const idle of [1_000, 1_050, 1_099]) {
      const window = new TimeWindow(1_000, 10);
      window.record(0, true, false);
      window.record(idle, true, false);
      expect(window.total).toBe(1);
      window.advance(idle + 949);
      expect(window.total).toBe(1);
      window.advance(idle + 1_000);
      expect(window.total).toBe(0);
    }
  });

  it('G13: a clock that leaps far ahead costs no more than any other', () => {
    const window = new TimeWindow(10, 10);
    window.record(0, true, false);
    window.advance(Number.MAX_SAFE_INTEGER);
    expect(window.total).toBe(0);
  });

  it('B3: adds many calls at once, as if they had all just completed', () => {
    const window = new TimeWindow(1_000, 10);
    window.add(0, 0, 0, 0);
    window.add(0, 5, 3, 2);
    window.record(150, false, true);
    window.add(150, 7, 1, 4);
    expect(totals(window)).toEqual({ total: 13, failures: 4, slow: 7 });
    window.advance(1_000);
    expect(totals(window)).toEqual({ total: 8, failures: 1, slow: 5 });
    window.advance(1_100);
    expect(totals(window)).toEqual({ total: 0, failures: 0, slow: 0 });
  });

  it('clear forgets calls but not the time', () => {
    const window = new TimeWindow(1_000, 10);
    window.record(10_000, true, true);
    window.clear();
    expect(totals(window)).toEqual({ total: 0, failures: 0, slow: 0 });
    window.record(10_050, true, false);
    window.advance(10_900);
    expect(totals(window)).toEqual({ total: 1, failures: 1, slow: 0 });
    new TimeWindow(1_000).clear();
  });

  it('B3: is exact within one bucket at every moment of any history', () => {
    const arbitrary = fc
      .record({
        length: fc.integer({ min: 1, max: 100_000 }),
        buckets: fc.integer({ min: 1, max: 12 }),
      })
      .chain(({ length, buckets }) =>
        fc.record({
          length: fc.constant(length),
          buckets: fc.constant(buckets),
          steps: fc.array(
            fc.record({
              gap: timeline(length),
              failed: fc.boolean(),
              slow: fc.boolean(),
              act: fc.constantFrom('record', 'record', 'record', 'advance', 'clear'),
            }),
            { maxLength: 80, size: 'max' },
          ),
        }),
      );
    fc.assert(
      fc.property(arbitrary, fc.double({ min: -1e6, max: 1e12, noNaN: true }), (run, start) => {
        const window = new TimeWindow(run.length, run.buckets);
        const reference = new Reference(run.length, run.buckets);
        let now = start;
        for (const { gap, failed, slow, act } of run.steps) {
          now += gap;
          const seen = reference.seen(now);
          if (act === 'record') {
            window.record(now, failed, slow);
            reference.record({ at: seen, failed, slow });
          } else if (act === 'advance') {
            window.advance(now);
          } else {
            window.clear();
            reference.clear();
          }
          window.advance(now);
          const { must, may } = reference.bounds();
          const low = model(must);
          const high = model(may);
          for (const key of ['total', 'failures', 'slow'] as const) {
            expect(window[key]).toBeGreaterThanOrEqual(low[key]);
            expect(window[key]).toBeLessThanOrEqual(high[key]);
          }
          expect(window.failures).toBeLessThanOrEqual(window.total);
          expect(window.slow).toBeLessThanOrEqual(window.total);
        }
        const end = reference.seen(now);
        window.advance(end + run.length + rounding(run.length, end));
        expect(totals(window)).toEqual({ total: 0, failures: 0, slow: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [0, 10],
    [-5, 10],
    [Number.NaN, 10],
    [Number.POSITIVE_INFINITY, 10],
    [1_000, 0],
    [1_000, 2.5],
    [1_000, Number.NaN],
  ])('takes no window of %s ms in %s buckets', (length, buckets) => {
    expect(() => new TimeWindow(length, buckets)).toThrow(RangeError);
    expect(() => new TimeWindow(length, buckets)).toThrow(
      /^(the length of a bucket must be finite and > 0 ms|buckets must be a whole number >= 1), got /,
    );
  });

  it('a success that is added by the shorter path is one like any other', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(timeline(1_000), fc.boolean())), (steps) => {
        const window = new TimeWindow(1_000);
        const like = new TimeWindow(1_000);
        let now = 0;
        for (const [step, succeeds] of steps) {
          now += step;
          if (succeeds) window.succeed(now);
          else window.record(now, true, true);
          like.record(now, !succeeds, !succeeds);
          const { total, failures, slow } = like;
          expect([window.total, window.failures, window.slow]).toEqual([total, failures, slow]);
        }
      }),
    );
  });
});
