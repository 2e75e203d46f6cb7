/**
 * Runs a call that every policy lets in at once, and that succeeds. Almost all calls do. Such a call costs one object, and one promise or two. This
 * file has the whole path, except what the policies do (see `straight-path.ts`) and the object itself (`straight-call.ts`). A call that fails or is
 * refused ends in `straight-failure.ts`, if there is no more to do. In every other case a `Pass` takes the call over where it is, and goes on by the
 * rules of the full engine. Each place where a call leaves the path is marked "off the path".
 */

import type { Delivery } from '../call/delivery.js';
import { settledResult } from '../call/delivery.js';
import type { Host } from '../call/host.js';
import { Pass } from '../call/pass.js';
import type { Operation } from '../contract/context.js';
import type { StraightPath } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import { isNative } from '../outcome/promises.js';
import type { Plan } from '../plan.js';
import type { CallWatch } from '../reporting/observer.js';
import { StraightCall, wholeOf } from './straight-call.js';
import { failed, notLetIn, turnBack } from './straight-failure.js';
import { straightPathAt } from './straight-path.js';

/** Runs a call and returns its promise. */
export function runCall(
  host: Host,
  plan: Plan,
  operation: Operation,
  delivery: Delivery,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { path } = plan;
  // Off the path: there is none, or a signal may end the call, or somebody listens to every call.
  if (path === undefined || signal !== undefined || path.hub.routine) {
    return runPass(host, plan, operation, delivery, signal);
  }
  const { observer } = host;
  const watch = observer === undefined ? undefined : observer.start(host);
  // Off the path: telemetry watches the call.
  if (watch !== undefined) return runPass(host, plan, operation, delivery, signal, watch);
  // Off the path: a policy lets nobody in.
  if (path.door.shut) {
    const refused = turnBack(host, plan, path, delivery);
    if (refused !== undefined) return refused;
  }
  host.inFlight++;
  const call = new StraightCall(host, plan, operation, delivery);
  let promise: Promise<unknown> | undefined;
  if (plan.mayAbandon) {
    promise = call.promise();
    if (plan.keepsHome !== undefined || path.hub.active) call.keepHome();
  }
  const end = path.enter(call);
  // Off the path: a policy refuses the call, or makes it wait.
  if (end !== THROUGH) return notLetIn(call, end, promise);
  call.attempt = 1;
  let result: unknown;
  try {
    result = operation(call);
    if (isNative(result)) return follow(call, result, promise);
  } catch (error) {
    // Off the path: the operation throws.
    return call.threw(error, promise);
  }
  // Off the path: the operation has returned something other than a promise.
  return call.answered(result, promise);
}

/** The operation has returned a promise. The call goes on when that settles. */
function follow(
  call: StraightCall,
  result: Promise<unknown>,
  promise: Promise<unknown> | undefined,
): Promise<unknown> {
  const derived = result.then(
    (value) => succeed(call, value),
    (error: unknown) => failed(call, error),
  );
  return promise ?? derived;
}

/** The operation has succeeded. A call that has no promise of its own resolves to what this returns. */
function succeed(call: StraightCall, value: unknown): unknown {
  const { plan } = call;
  const { exit, hub, tally } = plan.path as StraightPath;
  // Off the path: the call has left it already, or somebody listens to its end.
  if (call.isTakenOver || hub.routine) return call.succeedOff(value);
  const end = exit(call, value);
  // Off the path: a policy has more to do, or the result may be a failure.
  if (end !== THROUGH) return call.leaveFrom(end, value);
  call.end();
  tally.straight++;
  const answer = call.settles ? settledResult('success', value, undefined) : value;
  if (!plan.mayAbandon) return answer;
  call.resolve(answer);
  return undefined;
}

/** Runs a call in the full engine. */
function runPass(
  host: Host,
  plan: Plan,
  operation: Operation,
  delivery: Delivery,
  signal: AbortSignal | undefined,
  watch?: CallWatch,
): Promise<unknown> {
  if (plan.path === undefined && signal === undefined && watch === undefined) {
    const path = straightPathAt(plan, host);
    if (path !== undefined) return runCall(host, plan, operation, delivery, signal);
  }
  return Pass.run(host, wholeOf(plan, host), operation, delivery, signal, undefined, watch);
}
