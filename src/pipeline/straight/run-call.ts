/**
 * The path of a call that every policy lets in at once, and that succeeds: almost all calls. It is one object, and one promise or two. This
 * file is all of it, but for what the policies do (`straight-path.ts` puts that together) and for the object itself (`straight-call.ts`). What fails
 * or is refused ends in `straight-failure.ts`, if that is all. In every other case a `Pass` takes the call over where it is, and goes on by the rules
 * of the full engine. Each place where a call leaves the path is marked "off the path".
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
import { failed, notLetIn } from './straight-failure.js';
import { straightPathAt } from './straight-path.js';

/** Runs a call and answers its promise. */
export function runCall(
  host: Host,
  plan: Plan,
  operation: Operation,
  delivery: Delivery,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { path } = plan;
  // Off the path: it has none, or somebody may end the call, or hears of each.
  if (path === undefined || signal !== undefined || path.hub.routine) {
    return runPass(host, plan, operation, delivery, signal);
  }
  const { observer } = host;
  const watch = observer === undefined ? undefined : observer.start(host);
  // Off the path: telemetry watches the call.
  if (watch !== undefined) return runPass(host, plan, operation, delivery, signal, watch);
  host.inFlight++;
  const call = new StraightCall(host, plan, operation, delivery);
  let promise: Promise<unknown> | undefined;
  if (plan.mayAbandon) {
    promise = call.promise();
    if (plan.keepsHome !== undefined || path.hub.active) call.keepHome();
  }
  const end = path.enter(call);
  // Off the path: a policy refuses the call, or has it wait.
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
  // Off the path: it has answered something other than a promise.
  return call.answered(result, promise);
}

/** The operation has answered a promise. */
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

/** It has succeeded. What this answers is what a call resolves to that has no promise of its own. */
function succeed(call: StraightCall, value: unknown): unknown {
  const { plan } = call;
  const { exit, hub, tally } = plan.path as StraightPath;
  // Off the path: it is off it already, or somebody hears of its end.
  if (call.isTakenOver || hub.routine) return call.succeedOff(value);
  const end = exit(call);
  // Off the path: a policy has more to do.
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
