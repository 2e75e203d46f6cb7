/** The way in: one layer after another is asked to let a pass in. */
import { isRejectedError } from '../../error-kinds.js';
import type { RejectedError } from '../../errors.js';
import type { Admission } from '../contract/policy.js';
import { isThenable } from '../outcome/promises.js';
import type { Layer } from '../plan.js';
import type { CallView } from './call-view.js';
import { brokenContract } from './own-errors.js';

/** A policy does not let the pass in. */
export type Refusal =
  /** It says so. */
  | { readonly why: 'refused'; readonly error: RejectedError }
  /** It threw, or answered what its contract does not allow. */
  | { readonly why: 'failed'; readonly error: unknown };

/** Why a pass goes no further in. */
export type Stop =
  | Refusal
  /** The call has to wait there. */
  | { readonly why: 'waits'; readonly admission: PromiseLike<Admission> }
  /** A driver runs the layers inside itself. */
  | { readonly why: 'driven' };

const DRIVEN: Stop = { why: 'driven' };

/** Asks the layers from this one on. Answers why it stopped in `view.layer`; `undefined` when all have let the pass in. */
export function goIn(view: CallView, from: number): Stop | undefined {
  const { layers } = view;
  try {
    for (let i = from; i < layers.length; i++) {
      const layer = layers[i] as Layer;
      view.layer = i;
      if (layer.gate !== undefined) {
        const admission = layer.gate.enter(view);
        if (admission !== undefined) return stopOf(view, admission);
      } else if (layer.begins) {
        if (!view.beside) layer.driver?.begin?.(view);
      } else if (layer.active) {
        return DRIVEN;
      }
    }
  } catch (error) {
    return { why: 'failed', error };
  }
  return undefined;
}

function stopOf(view: CallView, answer: Admission | PromiseLike<Admission>): Stop | undefined {
  if (isRejectedError(answer) || !isThenable(answer)) return refusalIn(view, answer);
  return { why: 'waits', admission: answer };
}

/** What the final answer of a gate means; `undefined`: it lets the pass in. */
export function refusalIn(view: CallView, answer: unknown): Refusal | undefined {
  if (answer === undefined) return undefined;
  if (isRejectedError(answer)) return { why: 'refused', error: answer };
  const { record, policy } = view;
  return { why: 'failed', error: brokenContract('enter', answer, record.host, policy) };
}
