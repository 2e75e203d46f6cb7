import type { StraightEnd, StraightEntrant, StraightHalf } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import type { OutcomeKind } from '../outcome/outcome.js';

/** The end of a call on the straight path that was refused, or whose operation failed. */
export class Ending implements StraightEnd {
  kind: OutcomeKind;
  error: unknown;
  value: unknown = undefined;
  /** The outcome that is reported. */
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
 * Takes a call out of its layers, from `layer` outwards. Stops at a policy that has more to do than its straight half can. Returns the layer at
 * which the full engine has to go on, or {@link THROUGH}.
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
