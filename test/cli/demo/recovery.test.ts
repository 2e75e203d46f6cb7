import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phasesOf } from '../../../src/cli/demo/phases.js';
import { recoveriesOf } from '../../../src/cli/demo/recovery.js';
import { type Slice, Tally } from '../../../src/cli/demo/tally.js';

const RATE = 100;
const LIMIT_MS = 1_000;
// Good to 1.5 s, slow to 4 s, good to 9.5 s, failing to 12 s, good to 17 s.
const phases = phasesOf(17_000, RATE);

/** A run in which the calls made at some times are answered, a share of them, and those made at others are not. */
function slicesOf(share: (ms: number) => number, untilMs = 17_000): readonly Slice[] {
  const tally = new Tally();
  for (let index = 0; index < (untilMs * RATE) / 1_000; index += 1) {
    const ms = (index * 1_000) / RATE;
    // Spread evenly: of every hundred the first so many, in another order.
    const answered = ((index * 37) % 100) / 100 < share(ms);
    tally.end(tally.begin(ms), answered ? 'answered' : 'failed', ms + 5);
  }
  return tally.slices;
}

const recoveries = (slices: readonly Slice[], nowMs = Infinity): string[] =>
  recoveriesOf(phases, slices, nowMs, LIMIT_MS).map(({ state, afterMs }) =>
    state === 'back' ? `${afterMs}` : state,
  );

describe('recoveriesOf', () => {
  it('is the time from the end of a trigger to the first second as good as before', () => {
    const share = (ms: number): number =>
      ms < 1_500 || (ms >= 7_800 && ms < 9_500) || ms >= 12_400 ? 1 : 0;
    expect(recoveries(slicesOf(share))).toEqual(['3800', '400']);
  });

  it('is 0 for a side that was never away', () => {
    expect(recoveries(slicesOf(() => 1))).toEqual(['0', '0']);
  });

  it('asks for 95% of what was answered at first, not of all calls', () => {
    expect(recoveries(slicesOf((ms) => (ms < 1_500 ? 1 : 0.97)))).toEqual(['0', '0']);
    expect(recoveries(slicesOf((ms) => (ms < 1_500 ? 1 : 0.92)))).toEqual(['never', 'never']);
    expect(recoveries(slicesOf((ms) => (ms < 1_500 ? 0.93 : 0.91)))).toEqual(['0', '0']);
  });

  it('does not judge a side that was never well', () => {
    expect(recoveries(slicesOf(() => 0.5))).toEqual(['unknown', 'unknown']);
    expect(recoveries([])).toEqual(['unknown', 'unknown']);
  });

  it('needs a whole second before the next trigger', () => {
    const from = (start: number) => slicesOf((ms) => (ms < 1_500 || ms >= start ? 1 : 0));
    expect(recoveries(from(8_500))).toEqual(['4500', '0']);
    expect(recoveries(from(8_700))).toEqual(['never', '0']);
    expect(recoveries(from(16_500))).toEqual(['never', 'never']);
  });

  it('takes answers that came late for the moment of their call', () => {
    const tally = new Tally();
    for (let ms = 0; ms < 17_000; ms += 10) {
      const call = tally.begin(ms);
      if (ms < 1_500 || ms >= 6_000) tally.end(call, 'answered', ms + 900);
    }
    expect(recoveries(tally.slices)[0]).toBe('2000');
  });

  it('says nothing of what is not over yet', () => {
    const gone = (untilMs: number) => slicesOf((ms) => (ms < 1_500 ? 1 : 0), untilMs);
    expect(recoveries(gone(3_900), 3_900)).toEqual(['ahead', 'ahead']);
    expect(recoveries(gone(4_100), 4_100)).toEqual(['away', 'ahead']);
    // The last calls before the next trigger may still be answered.
    expect(recoveries(gone(10_000), 10_400)).toEqual(['away', 'ahead']);
    expect(recoveries(gone(10_600), 10_600)).toEqual(['never', 'ahead']);
    expect(recoveries(gone(17_000), 17_900)).toEqual(['never', 'away']);
    // A second that has only begun is no second.
    expect(
      recoveries(
        slicesOf(() => 1, 4_900),
        4_900,
      ),
    ).toEqual(['away', 'ahead']);
    expect(
      recoveries(
        slicesOf(() => 1, 5_000),
        5_000,
      ),
    ).toEqual(['0', 'ahead']);
  });

  it('never takes back what it said', () => {
    const share = fc.array(fc.constantFrom(0, 0.9, 1), { minLength: 34, maxLength: 34 });
    fc.assert(
      fc.property(share, fc.integer({ min: 40, max: 170 }), (shares, tenths) => {
        const at = (ms: number): number => shares[Math.floor(ms / 500)] ?? 0;
        const early = recoveries(slicesOf(at, tenths * 100), tenths * 100);
        const late = recoveries(slicesOf(at));
        early.forEach((state, index) => {
          if (state !== 'ahead' && state !== 'away') expect(late[index]).toBe(state);
        });
      }),
      { numRuns: 50 },
    );
  });
});
