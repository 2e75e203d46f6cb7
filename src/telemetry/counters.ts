import type { Attributes } from '@opentelemetry/api';
import type { PolicyMeasures } from '../pipeline/contract/measures.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import type { MetricId } from './names.js';
import { attribute } from './names.js';
import { Series } from './series.js';

/** Counts calls with the same attributes. It refers to no pipeline. */
export interface Account {
  readonly attributes: Attributes;
  readonly tally: Tally;
}

/** The counts that a policy keeps itself. It does not refer to the policy. */
export interface PolicyAccount {
  readonly policy: string;
  /** What the policy measured once. The counts in it go on. */
  readonly counts: PolicyMeasures;
  /** How many milliseconds a circuit breaker spent in each state up to a time. */
  readonly times: ((nowMs: number) => Readonly<Record<string, number>>) | undefined;
}

/** One pipeline, as far as it counts. */
interface Counting {
  readonly accounts: readonly Account[];
  readonly policies: readonly PolicyAccount[];
  readonly attributes: Attributes;
  /** The latest time that is known of its clock. */
  readonly now: number;
}

/** Reads accounts, and adds up those with the same name. */
export class Counters {
  readonly series: Series;

  constructor(limit?: number) {
    this.series = new Series(limit);
  }

  /** Adds what was read before. */
  merge(counters: Counters): void {
    for (const { metric, attributes, value } of counters.series.points()) {
      this.series.add(metric, attributes, value);
    }
  }

  /** Adds everything that a pipeline has counted so far. */
  addSource({ accounts, policies, attributes, now }: Counting): void {
    for (const account of accounts) this.add(account);
    for (const policy of policies) this.addPolicy(attributes, policy, now);
  }

  /** Adds what an account holds. */
  add({ attributes, tally }: Account): void {
    this.#addCalls(attributes, tally);
    this.#addAttempts(attributes, tally);
    for (const { policy, reason, priority, enforced, waived } of tally.rejections) {
      const at = {
        ...attributes,
        [attribute.policy]: policy,
        [attribute.reason]: reason,
        ...(priority === undefined ? {} : { [attribute.priority]: priority }),
      };
      const add = (value: number, enforced: boolean): void => {
        if (value === 0) return;
        this.series.add('rejections', { ...at, [attribute.enforced]: enforced }, value);
      };
      add(enforced, true);
      add(waived, false);
    }
    for (const { policy, count } of tally.limits) {
      this.series.add('limitReached', { ...attributes, [attribute.policy]: policy }, count);
    }
  }

  /** Adds what a policy has counted up to a time. */
  addPolicy(attributes: Attributes, { policy, counts, times }: PolicyAccount, nowMs: number): void {
    const at = { ...attributes, [attribute.policy]: policy };
    const add = (id: MetricId, more: Attributes, value: number): void =>
      this.series.add(id, { ...at, ...more }, value);
    const { transitions, ejections, chaos } = counts;
    if (transitions !== undefined) {
      for (const [state, value] of Object.entries(transitions)) {
        add('breakerTransitions', { [attribute.state]: state }, value);
      }
      for (const [state, ms] of Object.entries(times?.(nowMs) ?? {})) {
        add('breakerTime', { [attribute.state]: state }, ms / 1_000);
      }
    }
    if (ejections !== undefined) {
      for (const [reason, { enforced, waived }] of Object.entries(ejections)) {
        const of = { [attribute.reason]: reason };
        add('ejections', { ...of, [attribute.enforced]: true }, enforced);
        add('ejections', { ...of, [attribute.enforced]: false }, waived);
      }
    }
    if (chaos !== undefined) {
      for (const [injection, value] of Object.entries(chaos.injections)) {
        add('chaosInjections', { [attribute.injection]: injection }, value);
      }
    }
  }

  #addCalls(attributes: Attributes, { straight, calls }: Tally): void {
    const add = (value: number, outcome: string, retried: boolean, errorType?: string): void => {
      if (value === 0) return;
      const at: Attributes = {
        ...attributes,
        [attribute.outcome]: outcome,
        [attribute.retried]: retried,
      };
      if (errorType !== undefined) at[attribute.errorType] = errorType;
      this.series.add('calls', at, value);
    };
    add(straight, 'success', false);
    for (const { outcome, errorType, once, retried } of calls) {
      add(once, outcome, false, errorType);
      add(retried, outcome, true, errorType);
    }
  }

  #addAttempts(attributes: Attributes, { straight, attempts }: Tally): void {
    const add = (value: number, kind: string, outcome: string): void => {
      if (value === 0) return;
      const at = {
        ...attributes,
        [attribute.attemptKind]: kind,
        [attribute.outcome]: outcome,
      };
      this.series.add('attempts', at, value);
    };
    add(straight, 'first', 'success');
    for (const { kind, outcome, count } of attempts) add(count, kind, outcome);
  }
}
