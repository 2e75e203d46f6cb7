import { Delivery, METHODS, settledResult } from './call/delivery.js';
import type { Host } from './call/host.js';
import { Pass } from './call/pass.js';
import type { CallTraits } from './contract/call-traits.js';
import type { LayerSettings, Operation } from './contract/context.js';
import type { Gate } from './contract/policy.js';
import type { Bound } from './inherited.js';
import { inheritedHere, seam } from './inherited.js';
import type { CallOptions, ResolvedCall } from './options/call-options.js';
import { isPlain, resolveCall } from './options/call-options.js';
import { isOperation, noOperation } from './options/wrong-arguments.js';
import type { Plan } from './plan.js';
import { planInside } from './plan.js';
import { runCall } from './straight/run-call.js';

/** A pipeline, as far as it matters here. */
interface Running extends Host {
  readonly entry: Plan | undefined;
  readonly closing: { check(): void; readonly plan: Plan } | undefined;
  readonly common: { readonly callTime: readonly Gate[] };
}

/** Runs a call that brings options, or the first of a copy. It answers whatever is wrong with them as the call's end. */
export function runWithOptions(
  pipeline: Running,
  operation: Operation,
  options: CallOptions | undefined,
  delivery: Delivery,
): Promise<unknown> {
  const method = METHODS[delivery];
  try {
    if (!isOperation(operation)) throw noOperation(method, operation);
    const { entry } = pipeline;
    const bringsNoMore = isPlain(options);
    if (bringsNoMore && entry !== undefined && inheritedHere() === undefined) {
      return runCall(pipeline, entry, operation, delivery, options?.signal);
    }
    const own: Partial<ResolvedCall> = bringsNoMore
      ? { signal: options?.signal }
      : resolveCall(options, method, pipeline.time);
    const { plan, settings, traits } = bind(pipeline, own.times, undefined, own.traits);
    return Pass.run(pipeline, plan, operation, delivery, own.signal, settings, undefined, traits);
  } catch (error) {
    if (delivery === Delivery.execute) return Promise.reject(error);
    return Promise.resolve(settledResult('failure', undefined, error));
  }
}

/**
 * What a call in the full engine goes through and by, in the time that it brings or inherits. It does not run the call: stacks show ten frames, and
 * each of ours is one of the caller's less.
 */
export function bind(
  pipeline: Running,
  times: LayerSettings | undefined,
  settings: LayerSettings | undefined,
  traits: CallTraits | undefined,
): Bound {
  const { closing } = pipeline;
  if (closing !== undefined) return { plan: closing.plan, settings, traits };
  const bound = seam.bind?.(pipeline, times, settings, traits);
  if (bound !== undefined) return bound;
  const { plan } = pipeline;
  if (times === undefined) return { plan, settings, traits };
  return { plan: planInside(pipeline.common.callTime, plan), settings: times, traits };
}
