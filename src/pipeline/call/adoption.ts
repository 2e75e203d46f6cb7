/** How a pass goes on with a call that it has adopted from the straight path, wherever the call is. */

import type { OutcomeKind } from '../outcome/outcome.js';
import { adopted, isThenable } from '../outcome/promises.js';
import type { RunningContext } from './attempt.js';
import type { DriveHold } from './drive.js';
import type { Pass } from './pass.js';
import { Phase } from './phase.js';

/** The operation runs, called for the `attempts`th time. Returns the pass. */
export function running(pass: Pass, attempts: number): Pass {
  pass.record.attempts = attempts;
  pass.view.phase = Phase.running;
  pass.unsettled.operation = true;
  return pass;
}

/** The operation has answered this. */
export function answer(pass: Pass, result: unknown): void {
  if (!isThenable(result)) {
    pass.fulfilled(result);
    return;
  }
  adopted(result).then(
    (value) => pass.fulfilled(value),
    (error: unknown) => pass.rejected(error),
  );
}

/**
 * The call is on its way out in `layer`, with this value or error, after so many attempts. `failed` is the last one, if it was not the first and
 * may have left something running.
 */
export function leaveFrom(
  pass: Pass,
  layer: number,
  kind: OutcomeKind,
  result: unknown,
  attempts: number,
  failed?: RunningContext,
): void {
  const { view, record } = pass;
  pass.failed = failed;
  record.attempts = attempts;
  view.phase = Phase.leaving;
  if (kind === 'success') view.value = result;
  else view.end(kind, result);
  pass.leave(layer);
}

/**
 * The driver in `layer` has begun to run the call again, after so many attempts. `failed` is the last one, if it may have left something running.
 * The driver goes on with {@link Pass.driveBy}.
 */
export function driven(
  pass: Pass,
  layer: number,
  attempts: number,
  failed: RunningContext | undefined,
): DriveHold {
  pass.record.attempts = attempts;
  pass.failed = failed;
  return pass.holdFor(layer, 'retry');
}

/** The run inside the driver in `layer`. `onStart` is called if it has not called the operation yet. Returns the pass of the run. */
export function inside(
  pass: Pass,
  layer: number,
  resolve: (outcome: unknown) => void,
  context: RunningContext | undefined,
  onStart: (() => void) | undefined,
): Pass {
  // A pass that delivers an outcome does not reject.
  const inner = pass.runIn(layer, 'retry', { resolve, reject: resolve }, context);
  inner.onStart = onStart;
  return inner;
}
