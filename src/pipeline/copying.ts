/**
 * Copies of pipelines, for keyed pipelines. A program without any needs none of this: what a pipeline asks of it, it finds in `Common.copying`.
 */
import type { Host } from './call/host.js';
import { Common, type Kept, type OfCopies } from './common.js';
import type { PolicyMeasures } from './contract/measures.js';
import type { Policy } from './contract/policy.js';
import type { ResolvedPipeline } from './options/pipeline-options.js';
import type { PipelineLayer } from './pipeline.js';
import { Pipeline } from './pipeline.js';
import type { Layer, Plan } from './plan.js';
import { planLike } from './plan.js';
import { publicKeyOf } from './reporting/label.js';
import type { CallObserver } from './reporting/observer.js';
import type { Tally } from './reporting/tally.js';
import type { CompactPlan } from './straight/compact-plan.js';
import { compactPlanOf } from './straight/compact-plan.js';

/** The observer for the copy with a key. */
type ObserverOf = (template: CallObserver, key: string) => CallObserver;

/**
 * Makes a copy for one key: the same options, listeners and counters, and fresh state in every policy that has any. Where all such
 * policies say how (`PolicyBase.copies`), they are made when the copy needs them for the first time.
 */
export function copyOf<Adds, Policies>(
  template: Pipeline<Adds, Policies>,
  key: string,
  observerOf: ObserverOf,
): Pipeline<Adds, Policies> {
  const common = copyingIn(template.common).commonFor(key, observerOf);
  const copy = Pipeline.of<Adds, Policies>(common, key);
  const { plan } = template;
  if (isMadeAtOnce(plan)) {
    copy.make();
  } else {
    for (const { policy } of plan.layers) policy.copies?.begin(template.time.recent());
    copy.entry = copyingIn(common).sharedPlan(copy);
  }
  return copy;
}

/** Makes a copy for one key with policies and rules of its own: the same other options and listeners, and no telemetry yet. */
export function copyWith(
  template: Pipeline<unknown>,
  key: string,
  policies: readonly PipelineLayer[],
  rules: Partial<ResolvedPipeline>,
): Pipeline<unknown> {
  const { options, callTime } = template.common;
  const common = new Common({ ...options, ...rules }, callTime, template.common);
  common.publicKeyOf = publicKeyOf;
  return Pipeline.of(common, key, policies);
}

/** Nobody makes calls there any more, and the pipeline's policies are nobody else's. */
export function retire(pipeline: Pipeline<unknown>): void {
  const { made, common } = pipeline;
  if (made !== undefined) {
    for (const { policy } of made.layers) policy.retire?.();
  } else if (!pipeline.isRetired) {
    pipeline.isRetired = true;
    for (const { policy } of common.plan.layers) policy.copies?.end(pipeline.time.now());
  }
}

/** Whether one of the policies cannot be made later than the copy. */
function isMadeAtOnce({ layers }: Plan): boolean {
  return layers.some(({ policy }) => policy.fork !== undefined && policy.copies === undefined);
}

function copyingIn(common: Common): Copying {
  if (common.copying === undefined) {
    common.publicKeyOf = publicKeyOf;
    common.copying = new Copying(common);
  }
  return common.copying as Copying;
}

/**
 * How copies get policies of their own. They are modelled on those of the template, and made when a copy needs them. Until then the copy keeps
 * what they would know: a value for each policy that counts (`CompactPlan.places`).
 */
class Copying implements OfCopies {
  readonly #common: Common;
  /** The plan for calls of copies without policies of their own. `null` where it is known that there is no such plan. */
  #compact: CompactPlan | null | undefined;
  /** What copies share when their calls are counted apart, by observer. */
  readonly #apart = new Map<CallObserver, Common>();
  /** What disposed copies share. */
  #silent: Common | undefined;

  constructor(common: Common) {
    this.#common = common;
  }

  /** Returns what the copy for a key shares: the same as all others, unless the calls of such keys are counted apart. */
  commonFor(key: string, observerOf: ObserverOf): Common {
    const common = this.#common;
    const observer = common.observer && observerOf(common.observer, key);
    if (observer === common.observer || observer === undefined) return common;
    let apart = this.#apart.get(observer);
    if (apart === undefined) {
      apart = this.#like(observer.tally);
      apart.observer = observer;
      this.#apart.set(observer, apart);
    }
    return apart;
  }

  leave(copy: Pipeline<unknown>): Common {
    retire(copy);
    if (this.#silent === undefined) {
      this.#silent = this.#like(this.#common.tally);
      // Disposed copies have counted by this plan, and find their counts by it.
      copyingIn(this.#silent).#compact = this.#compact;
    }
    return this.#silent;
  }

  #like(tally: Tally): Common {
    const { options, callTime, failureRule, plan } = this.#common;
    const like = new Common(options, callTime, this.#common, tally);
    like.failureRule = failureRule;
    like.plan = plan;
    copyingIn(like);
    return like;
  }

  sharedPlan(copy: Host): Plan | undefined {
    if (this.#compact === undefined) {
      this.#compact = compactPlanOf(this.#common.plan, copy) ?? null;
    }
    return this.#compact ?? undefined;
  }

  room(): unknown[] {
    // An array left to grow would take room for seventeen.
    return new Array((this.#compact as CompactPlan).size).fill(undefined);
  }

  planOf(kept: Kept, isRetired: boolean): Plan {
    return planLike(this.#common.plan, (layer, i) => this.#own(layer, i, kept, isRetired));
  }

  measure(layer: number, kept: Kept, nowMs: number): PolicyMeasures | undefined {
    const { policy } = this.#common.plan.layers[layer] as Layer;
    return policy.copies?.measure === undefined
      ? policy.measure?.(nowMs)
      : policy.copies.measure(this.#keptFor(layer, kept), nowMs);
  }

  /** Makes one policy of a copy. `undefined` if all copies share it. */
  #own({ policy }: Layer, i: number, kept: Kept, isRetired: boolean): Policy<unknown> | undefined {
    const { copies } = policy;
    const own =
      copies === undefined ? policy.fork?.() : copies.fork(isRetired, this.#keptFor(i, kept));
    // What it is bound to shows in its layer.
    this.#common.bind(own ?? policy);
    return own;
  }

  /** What such a copy keeps for the policy of a layer. */
  #keptFor(layer: number, kept: Kept): unknown {
    return kept?.[this.#compact?.places[layer] ?? -1];
  }
}
