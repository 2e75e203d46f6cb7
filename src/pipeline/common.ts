import { systemClock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import { timeSourceOf } from '../time/time-source.js';
import type { Gate } from './contract/policy.js';
import type { ResolvedPipeline } from './options/pipeline-options.js';
import type { FailureRule } from './outcome/failure-rule.js';
import type { Plan } from './plan.js';
import { Hub } from './reporting/events.js';
import type { CallObserver } from './reporting/observer.js';
import { Tally } from './reporting/tally.js';
import type { CompactPlan } from './straight/compact-plan.js';

/** What a pipeline and all its copies have in common. A copy is made of it and of its key. */
export class Common {
  readonly options: ResolvedPipeline;
  /** What bounds calls that bring a time of their own. */
  readonly callTime: readonly Gate[];
  readonly time: TimeSource;
  readonly hub: Hub;
  readonly tally: Tally;
  /** What says which outcomes are failures; `undefined` where the defaults do. */
  failureRule: FailureRule | undefined;
  /** Set right after construction, by what joins pipelines and telemetry. */
  observer: CallObserver | undefined;
  /** What calls of the pipeline that is not a copy go through, and what the plans of copies are made like. */
  plan!: Plan;
  /** What calls of copies go through that have no policies of their own; `null` where it is known that there is no such plan. */
  compact: CompactPlan | null | undefined;
  /** There is one copy with it, whose policies are its own. */
  ofOneKey = false;
  /** That of copies whose calls are counted apart, by who observes them. */
  #apart: Map<CallObserver, Common> | undefined;
  /** The same for copies that were disposed of. */
  #silent: Common | undefined;

  constructor(options: ResolvedPipeline, callTime: readonly Gate[], like?: Common, tally?: Tally) {
    this.options = options;
    this.callTime = callTime;
    this.time = like?.time ?? timeSourceOf(options.clock ?? systemClock);
    this.hub = like?.hub ?? new Hub();
    this.tally = tally ?? new Tally();
  }

  /** That of the copy for a key: this one, unless the calls of such keys are counted apart. */
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

  /** That of copies that nobody observes any more. */
  get silent(): Common {
    this.#silent ??= this.#like(this.tally);
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
