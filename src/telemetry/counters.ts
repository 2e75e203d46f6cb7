import type { Attributes } from '@opentelemetry/api';
import type { PolicyMeasures } from '../pipeline/contract/measures.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import { attribute } from './names.js';
import { Series } from './series.js';

/** Counts calls with the same attributes. It refers to no pipeline. */
export interface Account {
  readonly attributes: Attributes;
  readonly tally: Tally;
}

/** The counts that circuit breakers and ejections keep themselves. */
export interface PolicyAccount {
  readonly policy: string;
  readonly transitions: Readonly<Record<string, number>> | undefined;
  readonly ejections: PolicyMeasures['ejections'];
  /** How many milliseconds were spent in each state up to a time. */
  readonly times: ((nowMs: number) => Readonly<Record<string, number>>) | undefined;
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

  /** Adds what an account holds. */
  add({ attributes, tally }: Account): void {
    this.#addCalls(attributes, tally);
    this.#addAttempts(attributes, tally);
    for (const { policy, reason, enforced, waived } of tally.rejections) {
      const at = {
        ...attributes,
        [attribute.policy]: policy,
        [attribute.reason]: reason,
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

  /** Adds what policies have counted up to a time. */
  addPolicy(
    attributes: Attributes,
    { policy, transitions = {}, ejections, times }: PolicyAccount,
    nowMs: number,
  ): void {
    const add = (id: 'breakerTransitions' | 'breakerTime', state: string, value: number): void => {
      const at = { ...attributes, [attribute.policy]: policy, [attribute.state]: state };
      this.series.add(id, at, value);
    };
    for (const [state, value] of Object.entries(transitions)) {
      add('breakerTransitions', state, value);
    }
    for (const [reason, { enforced, waived }] of Object.entries(ejections ?? {})) {
      const at = { ...attributes, [attribute.policy]: policy, [attribute.reason]: reason };
      this.series.add('ejections', { ...at, [attribute.enforced]: true }, enforced);
      this.series.add('ejections', { ...at, [attribute.enforced]: false }, waived);
    }
    if (times === undefined) return;
    for (const [state, ms] of Object.entries(times(nowMs))) add('breakerTime', state, ms / 1_000);
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
