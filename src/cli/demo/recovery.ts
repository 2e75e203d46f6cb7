import type { Phase } from './phases.js';
import { SLICE_MS, type Slice, sumSlices } from './tally.js';

/** A side is back with this share of what it served before. */
const BACK_SHARE = 0.95;
/** It is judged by this long. */
const WINDOW_MS = 1_000;
/** With less than this before anything went wrong, there is nothing to come back to: the machine was too busy. */
const LEAST_BEFORE = 0.9;

/** What a trigger has done to a side. */
export interface Recovery {
  /** Such as `slowdown`. */
  readonly trigger: string;
  /**
   * `ahead`: the trigger is not over; `away`: not back so far; `never`: not before the next trigger, or the end; `unknown`: it was
   * never well.
   */
  readonly state: 'ahead' | 'away' | 'back' | 'never' | 'unknown';
  /** From the end of the trigger until it was back. 0 unless it is. */
  readonly afterMs: number;
}

/**
 * When a side came back from each trigger: at the beginning of the first second after it of whose calls at least 95% as many were
 * answered as in the first phase. Seconds begin at every tenth, and lie before the next trigger.
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
