/** The way out: gates learn how the run inside them ended, and drivers are asked whether it may end like that. */

import { knownOf } from '../outcome/failure-rule.js';
import type { Layer } from '../plan.js';
import type { CallView } from './call-view.js';
import { discardWith } from './discard.js';
import { heldGate } from './gate-exits.js';
import type { Unsettled } from './unsettled.js';

/** Passes the layers from this one on outwards. Answers the layer of a driver that does not accept the outcome; -1 when the pass is out. */
export function goOut(view: CallView, from: number, unsettled: Unsettled): number {
  for (let i = from; i >= view.from; i--) {
    const { gate, driver, holds, inspects } = view.layers[i] as Layer;
    try {
      if (gate === undefined) {
        if (view.kind === 'success' && !inspects) continue;
        view.layer = i;
        if (driver?.accepts?.(view, view.current) === false) return i;
      } else if (holds && unsettled.isInside(i)) {
        unsettled.hold(heldGate(view, i));
      } else {
        view.layer = i;
        gate.exit(view, view.current);
        view.states[i] = undefined;
      }
    } catch (error) {
      discardResult(view);
      view.fail(error);
    }
  }
  return -1;
}

/** Asks the pipeline's rule about the outcome. If the rule throws, that is the outcome, and nobody is asked about it. */
export function judge(view: CallView): void {
  const { failureRule } = view.record.host;
  if (failureRule === undefined) return;
  try {
    knownOf(view.current, failureRule);
  } catch (error) {
    discardResult(view);
    view.fail(error);
    view.rule = failureRule;
    view.said = 'fault';
  }
}

/** Gives a result that will not reach anybody to the discard hook. */
export function discardResult(view: CallView): void {
  if (view.kind === 'success') discardWith(view.record.host.discard, view.value);
}
