import type { Phase } from './phases.js';
import { SLICE_MS, type Slice, sumSlices } from './tally.js';

/** A side is back when it serves this share of what it served before. */
const BACK_SHARE = 0.95;
/** The length of time by which a side is judged. */
const WINDOW_MS = 1_000;
/** A side that served less than this before anything went wrong has nothing to come back to: the machine was too busy. */
const LEAST_BEFORE = 0.9;

/** How a side came back from a trigger. */
export interface Recovery {
  /** Such as `slowdown`. */
  readonly trigger: string;
  /**
   * `ahead`: the trigger is not over. `away`: the side is not back so far. `never`: it was not back before the next trigger, or the
   * end. `unknown`: it was never well.
   */
  readonly state: 'ahead' | 'away' | 'back' | 'never' | 'unknown';
  /** Time from the end of the trigger until the side was back. 0 unless it is back. */
  readonly afterMs: number;
}

/**
 * Finds when a side came back from each trigger. It is back at the beginning of the first second after the trigger for which the
 * share of its calls that were answered is at least 95% of that in the first phase. Seconds begin at every tenth of a second, and
 * end before the next trigger.
 *
 * @param nowMs How long the run has taken; Infinity when it is over.
 * @param limitMs How long a call may take.
 */
export function recoveriesOf(
  phases: readonly Phase[],
  slices: readonly Slice[],
  nowMs: number,
  limitMs: number,
): readonly Recovery[] {
  const before = shareServed(slices, 0, phases[0]?.endMs ?? 0);
  return phases.flatMap((phase, index): Recovery[] => {
    if (phase.trigger === undefined) return [];
    const { trigger, endMs } = phase;
    const recovery = (state: Recovery['state'], afterMs = 0): Recovery[] => [
      { trigger, state, afterMs },
    ];
    if (nowMs < endMs) return recovery('ahead');
    if (before < LEAST_BEFORE) return recovery('unknown');
    // After each trigger there is one good phase.
    const untilMs = phases[index + 1]?.endMs ?? endMs;
    const first = firstSlice(endMs);
    for (let fromMs = first; fromMs + WINDOW_MS <= Math.min(untilMs, nowMs); fromMs += SLICE_MS) {
      const share = shareServed(slices, fromMs, fromMs + WINDOW_MS);
      if (share >= BACK_SHARE * before) return recovery('back', fromMs - first);
    }
    return recovery(nowMs < untilMs + limitMs ? 'away' : 'never');
  });
}

/** The share of the calls made in this time that were answered. */
function shareServed(slices: readonly Slice[], fromMs: number, toMs: number): number {
  const { made, served } = sumSlices(slices, fromMs, toMs);
  return made === 0 ? 0 : served / made;
}

/** The first slice that begins at this moment or later. */
function firstSlice(ms: number): number {
  return Math.ceil(ms / SLICE_MS) * SLICE_MS;
}
