import type { Phase } from './phases.js';
import { SLICE_MS, type Slice, sumSlices } from './tally.js';

/** A side is back with this share of what it served before. */
export const BACK_SHARE = 0.95;
/** It is judged by this long. */
export const WINDOW_MS = 1_000;

/** What a trigger has done to a side. */
export interface Recovery {
  /** Such as `slowdown`. */
  readonly trigger: string;
  /** `ahead`: the trigger is not over; `away`: not back so far; `never`: not before the next trigger, or the end. */
  readonly state: 'ahead' | 'away' | 'back' | 'never';
  /** From the end of the trigger until it was back. 0 unless it is. */
  readonly afterMs: number;
}

/**
 * When a side came back from each trigger: at the beginning of the first second after it of whose calls at least 95% as many were
 * answered as in a second of the first phase. Seconds begin at every tenth, and lie before the next trigger.
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
  const before = servedASecond(slices, phases[0]);
  return phases.flatMap((phase, index): Recovery[] => {
    if (phase.trigger === undefined) return [];
    const { trigger, endMs } = phase;
    const recovery = (state: Recovery['state'], afterMs = 0): Recovery[] => [
      { trigger, state, afterMs },
    ];
    if (nowMs < endMs) return recovery('ahead');
    // After each trigger there is one good phase.
    const untilMs = phases[index + 1]?.endMs ?? endMs;
    const first = firstSlice(endMs);
    for (let fromMs = first; fromMs + WINDOW_MS <= untilMs; fromMs += SLICE_MS) {
      const { served } = sumSlices(slices, fromMs, fromMs + WINDOW_MS);
      if (served >= (BACK_SHARE * before * WINDOW_MS) / 1_000) {
        return recovery('back', fromMs - first);
      }
    }
    return recovery(nowMs < untilMs + limitMs ? 'away' : 'never');
  });
}

/** What was served a second in the whole slices of a phase that begins at 0. */
function servedASecond(slices: readonly Slice[], first: Phase | undefined): number {
  const endMs = Math.floor((first?.endMs ?? 0) / SLICE_MS) * SLICE_MS;
  return (sumSlices(slices, 0, endMs).served * 1_000) / endMs;
}

/** The first slice that begins at this moment or later. */
function firstSlice(ms: number): number {
  return Math.ceil(ms / SLICE_MS) * SLICE_MS;
}
