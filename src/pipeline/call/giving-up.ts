/**
 * How a pass is given up, whatever it is doing: by a timeout, by the caller's signal, or by a driver that has another one. Everything
 * inside one layer ends at once, while its operations may go on; the outcome then goes on outwards from that layer.
 */

import type { ToldOutcome } from '../contract/events.js';
import type { OutcomeKind } from '../outcome/outcome.js';
import type { Layer } from '../plan.js';
import { cancelledAs } from '../reporting/reported-outcome.js';
import type { RunningContext } from './attempt.js';
import type { CallView, TimeOver } from './call-view.js';
import type { DriveHold } from './drive.js';
import type { HeldGate } from './gate-exits.js';
import { exitLate, exitQuietly, heldGate } from './gate-exits.js';
import { Phase } from './phase.js';
import type { Unsettled } from './unsettled.js';
import type { Wait } from './waiting.js';

/** What of a pass is given up. */
export interface Stoppable {
  readonly view: CallView;
  readonly context: RunningContext;
  readonly unsettled: Unsettled;
  /** While it waits to be let in. */
  readonly wait: Wait | undefined;
  /** While a driver drives. */
  readonly hold: DriveHold | undefined;
  /** What has to wait until the policies that are asked have answered. */
  interruption: Ending | undefined;
  /** Whether an operation runs that was not given up yet. */
  readonly operating: boolean;
  countAttempt(told: ToldOutcome): void;
  /** Goes out from a layer with this outcome. */
  leaveWith(kind: OutcomeKind, error: unknown, from: number): void;
}

/** Everything inside `layer` is to end, and the call to go out from there with this outcome. */
export interface Ending {
  readonly layer: number;
  readonly kind: OutcomeKind;
  readonly error: unknown;
  /** Because a time is over. */
  readonly expired: boolean;
}

/**
 * Ends everything inside a layer.
 *
 * The gates inside see a `timeout` where the time ran out on a running operation: the upstream was asked and did not answer. In a queue or
 * between two attempts nobody was asked, and what the caller aborts or another attempt replaces says nothing of the upstream: that is
 * `cancelled`.
 */
export function giveUp(pass: Stoppable, ending: Ending): void {
  const { view } = pass;
  const { layer, kind, error, expired } = ending;
  const seen = expired && pass.operating ? 'timeout' : 'cancelled';
  let entered = view.layer - 1;
  switch (view.phase) {
    case Phase.entering:
    case Phase.leaving:
      pass.interruption ??= ending;
      return;
    case Phase.waiting:
      view.phase = Phase.leaving;
      pass.wait?.giveUp(error);
      break;
    case Phase.running:
      entered = view.layers.length - 1;
      view.phase = Phase.leaving;
      pass.context.abort(error);
      view.end(seen, error);
      pass.countAttempt(seen === 'cancelled' ? cancelledAs(error) : seen);
      break;
    case Phase.driving:
      view.phase = Phase.leaving;
      pass.hold?.giveUp(error, expired);
      break;
    default:
      return;
  }
  exitInside(pass, entered, layer, seen, error);
  pass.leaveWith(kind, error, layer);
}

/** Leaves because of an abort or a timeout that came while policies were asked; `entered` is the innermost layer that let the pass in. */
export function leaveInterrupted(pass: Stoppable, entered: number): void {
  const { layer, kind, error } = pass.interruption as Ending;
  pass.interruption = undefined;
  pass.view.phase = Phase.leaving;
  exitInside(pass, entered, layer, 'cancelled', error);
  pass.leaveWith(kind, error, Math.min(entered, layer));
}

/** Gives the pass up as was asked for before, when it could not be. */
export function giveUpAfterAll(pass: Stoppable): void {
  const { interruption } = pass;
  if (interruption === undefined) return;
  pass.interruption = undefined;
  giveUp(pass, interruption);
}

/** Exits gates that the pass has left before. Answers whether one of them gave the pass up. */
export function exitBehind(pass: Stoppable, gates: readonly HeldGate[]): boolean {
  const { view } = pass;
  const { phase } = view;
  // A pass that is driven must not be given up before all of them have been told.
  if (phase === Phase.driving) view.phase = Phase.leaving;
  exitLate(view, gates);
  view.phase = phase;
  if (phase !== Phase.driving || pass.interruption === undefined) return false;
  giveUpAfterAll(pass);
  return true;
}

/** Exits the gates from `entered` out to, and without, `layer`. */
function exitInside(
  { view, unsettled }: Stoppable,
  entered: number,
  layer: number,
  seen: OutcomeKind,
  error: unknown,
): void {
  for (let i = entered; i > layer; i--) {
    const { gate, holds } = view.layers[i] as Layer;
    if (gate === undefined) continue;
    view.end(seen, error);
    if (holds && unsettled.isInside(i)) unsettled.hold(heldGate(view, i));
    else exitQuietly(view, i);
  }
}

/** The time of a cooperative run is over: operations that run may end by themselves, what only waits is given up. */
export function timeIsUp(pass: Stoppable, over: TimeOver): void {
  const { view } = pass;
  const { phase } = view;
  const { reason } = over;
  if (phase !== Phase.running && phase !== Phase.driving) {
    giveUp(pass, { layer: view.from - 1, kind: 'cancelled', error: reason, expired: true });
    return;
  }
  view.timeOver = over;
  if (phase === Phase.running) {
    pass.context.abort(reason);
  } else {
    pass.unsettled.timeIsUp(over);
    pass.hold?.tell(reason);
  }
}
