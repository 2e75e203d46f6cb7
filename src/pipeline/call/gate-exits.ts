/**
 * How gates learn of the end of a run that they have let in, when the call does not come by on its way out: it was given up, or
 * they had to wait for an operation to settle. What they throw then has nowhere to go and is only reported.
 */

import type { Outcome } from '../outcome/outcome.js';
import { reportFault } from '../reporting/faults.js';
import type { CallView } from './call-view.js';

/** A gate with `holds` that has been left, and whose exit waits until the operations started inside it have settled. */
export interface HeldGate {
  readonly layer: number;
  readonly state: unknown;
  readonly outcome: Outcome;
}

/** Takes the gate in a layer out of the pass, to be exited later. */
export function heldGate(view: CallView, layer: number): HeldGate {
  const held = { layer, state: view.states[layer], outcome: view.outcome() };
  view.states[layer] = undefined;
  return held;
}

/** Exits the gate in a layer with the outcome that the pass has now. */
export function exitQuietly(view: CallView, layer: number): void {
  view.layer = layer;
  quietly(view, () => view.layers[layer]?.gate?.exit(view, view.current));
  view.states[layer] = undefined;
}

/** Tells the gate in a layer that the call does not wait to be let in any more. */
export function leaveQueue(view: CallView, layer: number): void {
  view.layer = layer;
  quietly(view, () => view.layers[layer]?.gate?.leave?.(view));
}

/** Exits gates that the pass has left before, and puts the pass back where it is. */
export function exitLate(view: CallView, gates: readonly HeldGate[]): void {
  const { layer } = view;
  const now = view.outcome();
  for (const held of gates) {
    view.states[held.layer] = held.state;
    view.takeOver(held.outcome);
    exitQuietly(view, held.layer);
  }
  view.layer = layer;
  view.takeOver(now);
}

function quietly(view: CallView, tell: () => void): void {
  try {
    tell();
  } catch (error) {
    reportFault(`policy "${view.policy}"`, error);
  }
}
