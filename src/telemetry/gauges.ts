import type { Attributes } from '@opentelemetry/api';
import type { CallObserver, PolicyMeasures } from '../pipeline/observer.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { systemClock } from '../time/clock.js';
import { attribute } from './names.js';
import type { Point } from './series.js';
import { Series } from './series.js';
import { measured } from './sources.js';

const STATES = ['closed', 'open', 'half_open', 'isolated'] as const;

/** One policy of one pipeline, or of all copies of a keyed one together. */
class PolicySum {
  readonly policy: string;
  readonly type: string;
  readonly states = { closed: 0, open: 0, half_open: 0, isolated: 0 };
  isBreaker = false;
  calls = 0;
  failures = 0;
  slowCalls: number | undefined;
  inFlight: number | undefined;
  queued = 0;
  limit = 0;
  balance: number | undefined;

  constructor(policy: string, type: string) {
    this.policy = policy;
    this.type = type;
  }

  add(measures: PolicyMeasures): void {
    const { state, calls = 0, failures = 0, slowCalls, inFlight, queued = 0, limit = 0 } = measures;
    if (state !== undefined) {
      this.isBreaker = true;
      this.states[state]++;
      this.calls += calls;
      this.failures += failures;
    }
    if (slowCalls !== undefined) this.slowCalls = (this.slowCalls ?? 0) + slowCalls;
    if (inFlight !== undefined) {
      this.inFlight = (this.inFlight ?? 0) + inFlight;
      this.queued += queued;
      this.limit += limit;
    }
    const { balance } = measures;
    if (balance !== undefined) this.balance = Math.min(this.balance ?? Infinity, balance);
  }

  report(attributes: Attributes, series: Series): void {
    const at = { ...attributes, [attribute.policy]: this.policy };
    if (this.isBreaker) {
      for (const state of STATES) {
        series.add('breakerState', { ...at, [attribute.state]: state }, this.states[state]);
      }
      series.add('breakerFailureRate', at, share(this.failures, this.calls));
    }
    if (this.slowCalls !== undefined) {
      series.add('breakerSlowCallRate', at, share(this.slowCalls, this.calls));
    }
    if (this.inFlight !== undefined && this.type === 'bulkhead') {
      series.add('bulkheadInFlight', at, this.inFlight);
      series.add('bulkheadQueued', at, this.queued);
      series.add('bulkheadLimit', at, this.limit);
    }
    if (this.balance !== undefined) series.add('retryBudgetBalance', at, this.balance);
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** The observers that telemetry sets, as far as gauges know them. */
interface Reporting extends CallObserver {
  readonly attributes: Attributes;
}

/** How many copies are read at a stretch: about 10 ms. */
const AT_ONCE = 5_000;

const turn = (): Promise<void> => new Promise((resolve) => systemClock.setTimer(resolve, 0));

/** What policies are doing at one moment. */
export class Gauges {
  readonly #series = new Series();
  #read = 0;

  /** Reads a pipeline; in place of a template, its living copies, and lets others run between many of them. */
  async add(pipeline: Pipeline<unknown>): Promise<void> {
    const now = pipeline.time.now();
    const sums = new Map<Reporting, (PolicySum | undefined)[]>();
    if (pipeline.copies.length === 0) measure(pipeline, now, sums);
    for (const each of pipeline.copies) {
      for (const copy of each.deref()?.pipelines() ?? []) {
        if (++this.#read % AT_ONCE === 0) await turn();
        measure(copy, now, sums);
      }
    }
    for (const [{ attributes }, policies] of sums) {
      for (const policy of policies) policy?.report(attributes, this.#series);
    }
  }

  entries(): Iterable<[string, Point]> {
    return this.#series.entries();
  }

  has(id: string): boolean {
    return this.#series.has(id);
  }
}

function measure(
  pipeline: Pipeline<unknown>,
  now: number,
  sums: Map<Reporting, (PolicySum | undefined)[]>,
): void {
  const observer = pipeline.observer as Reporting | undefined;
  if (observer === undefined) return;
  const { layers } = pipeline.plan;
  let policies = sums.get(observer);
  if (policies === undefined) {
    policies = layers.map(({ name, policy }) =>
      policy.measure === undefined ? undefined : new PolicySum(name, policy.type),
    );
    sums.set(observer, policies);
  }
  for (let i = 0; i < layers.length; i++) {
    const sum = policies[i];
    const measures = sum && measured(() => layers[i]?.policy.measure?.(now));
    if (measures !== undefined) sum?.add(measures);
  }
}
