/** Ends calls on the straight path that are refused, or whose operation fails, if there is no more to do. */
import { Delivery, settledResult } from '../call/delivery.js';
import type { Host } from '../call/host.js';
import { sign } from '../call/own-errors.js';
import type { ToldOutcome } from '../contract/events.js';
import type { StraightPath } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import { kindOfError } from '../outcome/outcome.js';
import { rejectedSoon } from '../outcome/promises.js';
import type { Layer, Plan } from '../plan.js';
import type { CallOutcome } from '../reporting/kinds.js';
import type { Leaving } from './straight-end.js';
import { answerOf, close, Ending, goOut, leaveStraight, settle } from './straight-end.js';
import { isHeard } from './straight-path.js';
import type { Rerunnable } from './straight-rerun.js';
import { rerun } from './straight-rerun.js';

/** The operation has failed. To be called as the reaction to its promise. */
export function failed(call: Rerunnable, error: unknown): unknown {
  const { plan } = call;
  const { hub, tally, halves, judges } = plan.path as StraightPath;
  // Off the path: the call has left it already, somebody listens to what happens in it, or rules say what the error means.
  if (call.isTakenOver || isHeard(plan, hub) || judges) {
    return call.goOn(undefined, (pass) => pass.rejected(error));
  }
  const end = new Ending(kindOfError(error), error);
  tally.attempt('first', end.told as ToldOutcome);
  const at = leaveStraight(halves, halves.length - 1, call, end);
  // A policy runs the call again, or, off the path, has more to do.
  if (at !== THROUGH) {
    const promise = plan.mayAbandon ? undefined : call.promise();
    if (!rerun(call, at, end)) goOut(call.takeOver(at + 1), at, end, 1);
    return promise;
  }
  close(call, end);
  if (plan.mayAbandon) {
    settle(call, end);
    return undefined;
  }
  if (end.kind !== 'success' && !call.settles) throw end.error;
  return answerOf(call, end);
}

/** The policy in `layer` has not let the call in. Returns the call's promise. */
export function notLetIn(
  call: Leaving,
  layer: number,
  promise: Promise<unknown> | undefined,
): Promise<unknown> {
  const { host, plan } = call;
  const { halves, hub, limits, tally } = plan.path as StraightPath;
  const error = isHeard(plan, hub) ? undefined : halves[layer]?.refuse?.(host);
  // Off the path: the call has to wait, or there is more to do.
  if (error === undefined) {
    const own = promise ?? call.promise();
    call.takeOver(layer).enter(layer);
    return own;
  }
  const { name } = plan.layers[layer] as Layer;
  sign(error, host, name);
  if (limits[layer] === true) tally.limitReached(name);
  tally.rejection(name, error.reason, true);
  const end = new Ending('rejected', error);
  const at = leaveStraight(halves, layer - 1, call, end);
  // Off the path: a policy has more to do.
  if (at !== THROUGH) {
    const own = promise ?? call.promise();
    goOut(call.takeOver(at + 1), at, end, 0);
    return own;
  }
  close(call, end);
  if (end.kind !== 'success' && !call.settles) {
    if (promise === undefined) return rejectedSoon(end.error);
    call.reject(end.error);
    return promise;
  }
  const answer = answerOf(call, end);
  if (promise === undefined) return Promise.resolve(answer);
  call.resolve(answer);
  return promise;
}

/** A policy lets nobody in. Ends a call there, without an object of its own. `undefined`: there is more to do, and the call has to try the path. */
export function turnBack(
  host: Host,
  plan: Plan,
  path: StraightPath,
  delivery: Delivery,
): Promise<unknown> | undefined {
  const { halves, tally, doorAt } = path;
  if (isHeard(plan, path.hub)) return undefined;
  const error = halves[doorAt]?.refuse?.(host);
  if (error === undefined) return undefined;
  const { name } = plan.layers[doorAt] as Layer;
  sign(error, host, name);
  tally.rejection(name, error.reason, true);
  const end = new Ending('rejected', error);
  for (let i = doorAt - 1; i >= 0; i--) halves[i]?.turnBack?.(end);
  tally.call(end.told as CallOutcome, false, end.error);
  const { kind, value } = end;
  if (delivery === Delivery.settle) return Promise.resolve(settledResult(kind, value, end.error));
  return kind === 'success' ? Promise.resolve(value) : rejectedSoon(end.error);
}
