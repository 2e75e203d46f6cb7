import type { StraightEnd, StraightEntrant, StraightHalf } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import type { OutcomeKind } from '../outcome/outcome.js';

/** How a call on the straight path ends that was refused, or whose operation failed. */
export class Ending implements StraightEnd {
  kind: OutcomeKind;
  error: unknown;
  value: unknown = undefined;
  /** What it is told as. */
  told: OutcomeKind | 'fallback';

  constructor(kind: OutcomeKind, error: unknown) {
    this.kind = kind;
    this.error = error;
    this.told = kind;
  }

  answer(value: unknown): void {
    this.kind = 'success';
    this.error = undefined;
    this.value = value;
    this.told = 'fallback';
  }
}

/**
 * Takes a call out of the layers from `layer` on, innermost first, as far as no policy has more to do than its straight half can. Answers the
 * layer that the full engine has to go on with, or {@link THROUGH}.
 */
export function leaveStraight(
  halves: readonly StraightHalf[],
  layer: number,
  call: StraightEntrant,
  end: StraightEnd,
): number {
  for (let i = layer; i >= 0; i--) {
    const { exit, fail } = halves[i] as StraightHalf;
    if (end.kind !== 'success') {
      if (fail === undefined || !fail(call, end)) return i;
    } else if (exit !== undefined && !exit(call)) {
      return i;
    }
  }
  return THROUGH;
}
