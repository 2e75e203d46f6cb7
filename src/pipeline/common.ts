import { systemClock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import { timeSourceOf } from '../time/time-source.js';
import type { Host } from './call/host.js';
import type { Gate, Policy } from './contract/policy.js';
import type { ResolvedPipeline } from './options/pipeline-options.js';
import type { FailureRule } from './outcome/failure-rule.js';
import type { NestedPipeline } from './place-policies.js';
import { placePolicies, ruleAmong } from './place-policies.js';
import type { Plan } from './plan.js';
import { planOf } from './plan.js';
import { Hub } from './reporting/hub.js';
import type { CallObserver } from './reporting/observer.js';
import { Tally } from './reporting/tally.js';
import type { CompactPlan } from './straight/compact-plan.js';
import { straightPathOf } from './straight/straight-path.js';

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
  /** The plan for calls of copies without policies of their own. `null` where it is known that there is no such plan. */
  compact: CompactPlan | null | undefined;
  /** Gives up a place in a registry. */
  leave: (() => void) | undefined;
  /** Whether only one copy uses this, with policies of its own. */
  ofOneKey = false;
  /** What copies share when their calls are counted apart, by observer. */
  #apart: Map<CallObserver, Common> | undefined;
  /** What disposed copies share. */
  #silent: Common | undefined;

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
    policies: readonly unknown[],
    host: Host,
    isPipeline: (value: unknown) => value is NestedPipeline,
  ): Plan {
    const { isFailure, errorTypeOf, captureStack, sureSuccess } = this.options;
    const placed = placePolicies(policies, host, isPipeline);
    const rule = ruleAmong(isFailure, placed);
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

  /** Returns what the copy for a key shares: this, unless the calls of such keys are counted apart. */
  of(key: string): Common {
    const observer = this.observer?.fork(key);
    if (observer === this.observer || observer === undefined) return this;
    this.#apart ??= new Map();
    let apart = this.#apart.get(observer);
    if (apart === undefined) {
      apart = this.#like(observer.tally);
      apart.observer = observer;
      this.#apart.set(observer, apart);
    }
    return apart;
  }

  /** What copies share once nobody observes them any more. */
  get silent(): Common {
    if (this.#silent === undefined) {
      this.#silent = this.#like(this.tally);
      // Disposed copies have counted by this plan, and find their counts by it.
      this.#silent.compact = this.compact;
    }
    return this.#silent;
  }

  #like(tally: Tally): Common {
    const { options, callTime, failureRule, plan } = this;
    const like = new Common(options, callTime, this, tally);
    like.failureRule = failureRule;
    like.plan = plan;
    return like;
  }
}
