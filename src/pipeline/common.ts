import { systemClock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import { timeSourceOf } from '../time/time-source.js';
import type { Host } from './call/host.js';
import type { PolicyMeasures } from './contract/measures.js';
import type { Gate, Policy } from './contract/policy.js';
import type { ResolvedPipeline } from './options/pipeline-options.js';
import type { FailureRule } from './outcome/failure-rule.js';
import { failureRuleOf } from './outcome/failure-rule.js';
import type { Bringing, NestedPipeline } from './place-policies.js';
import { placePolicies, ruleAmong } from './place-policies.js';
import type { Plan } from './plan.js';
import { planOf } from './plan.js';
import { Hub } from './reporting/hub.js';
import type { CallObserver } from './reporting/observer.js';
import { Tally } from './reporting/tally.js';
import { straightPathOf } from './straight/straight-path.js';

/** What a copy without policies of its own keeps. `undefined` if nothing. */
export type Kept = readonly unknown[] | undefined;

/** A copy of a pipeline. */
interface Copy extends Host {
  readonly made: Plan | undefined;
  readonly common: Common;
  isRetired: boolean;
}

/** What a pipeline asks of the code for copies, when it is one. */
export interface OfCopies {
  /** Makes the policies of a copy that keeps this, and the plan for its calls. `isRetired`: it is needed no more, and is called all the same. */
  planOf(kept: Kept, isRetired: boolean): Plan;
  /** The plan for calls of copies without policies of their own; `undefined` if there is none. Made for the first such copy, and then shared. */
  sharedPlan(copy: Host): Plan | undefined;
  /** Room for what such a copy keeps. */
  room(): unknown[];
  /** What a policy of such a copy says to telemetry. */
  measure(layer: number, kept: Kept, nowMs: number): PolicyMeasures | undefined;
  /** A copy is disposed of, and no longer observed. Returns what it shares with others from then on. */
  leave(copy: Copy): Common;
}

/** What a pipeline and all its copies share. A copy is made from this and its key. */
export class Common {
  readonly options: ResolvedPipeline;
  /** The gates that bound a call which comes with its own time limit. */
  readonly callTime: readonly Gate[];
  readonly time: TimeSource;
  readonly hub: Hub;
  readonly tally: Tally;
  /** Says which outcomes are failures. `undefined` where the defaults do. */
  failureRule: FailureRule | undefined;
  /** Set right after construction, by the code that joins pipelines and telemetry. */
  observer: CallObserver | undefined;
  /** The plan for calls of the pipeline that is not a copy. The plans of copies are modelled on it. */
  plan!: Plan;
  /** Gives up a place in a registry. */
  leave: (() => void) | undefined;
  /** What copies need that get policies of their own later, once there are any. */
  copying: OfCopies | undefined;
  /** How errors show the key of a copy, once there are any. */
  publicKeyOf: ((key: string) => string) | undefined;

  constructor(options: ResolvedPipeline, callTime: readonly Gate[], like?: Common, tally?: Tally) {
    this.options = options;
    this.callTime = callTime;
    this.time = like?.time ?? timeSourceOf(options.clock ?? systemClock);
    this.hub = like?.hub ?? new Hub();
    this.tally = tally ?? new Tally();
  }

  /**
   * Makes the plan for these policies.
   *
   * @throws ConfigError when something is no policy, is listed twice, or cannot work in this pipeline.
   */
  place(
    policies: readonly Bringing[],
    host: Host,
    isPipeline: (value: unknown) => value is NestedPipeline,
  ): Plan {
    const { isFailure, errorTypeOf, captureStack, sureSuccess, layerRules } = this.options;
    const placed = placePolicies(policies, host, isPipeline, layerRules);
    const rule =
      isFailure === undefined ? ruleAmong([this.options, ...policies]) : failureRuleOf(isFailure);
    this.failureRule = rule;
    placed.forEach(({ policy }, i) => {
      this.bind(policy, placed[i + 1]?.policy);
    });
    const judges = errorTypeOf !== undefined || rule !== undefined;
    const tells = sureSuccess !== undefined;
    this.plan = planOf(placed, { straight: (!judges || tells) && !captureStack, tells }, rule);
    if (this.plan.mayBeStraight) this.plan.path = straightPathOf(this.plan.layers, host);
    return this.plan;
  }

  /** Tells a policy that it serves calls of this pipeline, or of a copy. */
  bind(policy: Policy<unknown>, inside?: Policy<unknown>): void {
    policy.bind?.(this.time, this.failureRule !== undefined, inside);
  }
}
