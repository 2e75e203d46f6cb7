/** How calls on the straight path end that were refused, that failed, or that were run again. */

import { leaveFrom } from '../call/adoption.js';
import type { RunningContext } from '../call/attempt.js';
import { settledResult } from '../call/delivery.js';
import type { Host } from '../call/host.js';
import type { Pass } from '../call/pass.js';
import type {
  StraightEnd,
  StraightEntrant,
  StraightHalf,
  StraightPath,
} from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import type { OutcomeKind } from '../outcome/outcome.js';
import type { Plan } from '../plan.js';
import type { CallOutcome } from '../reporting/kinds.js';

/** The parts of a call that are needed when it ends. */
export interface Leaving extends StraightEntrant {
  readonly host: Host;
  readonly plan: Plan;
  readonly settles: boolean;
  readonly isTakenOver: boolean;
  end(): void;
  promise(): Promise<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  goOn(promise: Promise<unknown> | undefined, act: (pass: Pass) => void): Promise<unknown>;
  takeOver(layer: number): Pass;
}

/** The end of a call on the straight path, or of one run of it. */
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
 * Takes a call out of its layers, from `layer` outwards to `outermost`. Stops at a policy that has more to do than its straight half can. Returns
 * the layer at which the full engine has to go on, or {@link THROUGH}.
 */
export function leaveStraight(
  halves: readonly StraightHalf[],
  layer: number,
  call: StraightEntrant,
  end: StraightEnd,
  outermost = 0,
): number {
  for (let i = layer; i >= outermost; i--) {
    const { exit, fail } = halves[i] as StraightHalf;
    if (end.kind !== 'success') {
      if (fail === undefined || !fail(call, end)) return i;
    } else if (exit !== undefined && !exit(call)) {
      return i;
    }
  }
  return THROUGH;
}

/** A pass takes over a call that ends like this, after so many attempts, on its way out in `layer`. `failed`: see {@link leaveFrom}. */
export function goOut(
  pass: Pass,
  layer: number,
  { kind, error, value, told }: Ending,
  attempts: number,
  failed?: RunningContext,
): void {
  if (told === 'fallback') pass.degraded();
  leaveFrom(pass, layer, kind, kind === 'success' ? value : error, attempts, failed);
}

/** The call has left all layers. */
export function close(call: Leaving, { told, error }: Ending, retried = false): void {
  call.end();
  (call.plan.path as StraightPath).tally.call(told as CallOutcome, retried, error);
}

/** Settles a call that has a promise of its own. */
export function settle(call: Leaving, end: Ending): void {
  if (end.kind !== 'success' && !call.settles) call.reject(end.error);
  else call.resolve(answerOf(call, end));
}

export function answerOf({ settles }: Leaving, { kind, value, error }: Ending): unknown {
  return settles ? settledResult(kind, value, error) : value;
}
