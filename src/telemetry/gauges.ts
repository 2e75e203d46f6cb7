import type { Attributes } from '@opentelemetry/api';
import type { PolicyMeasures } from '../pipeline/contract/measures.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { Layer } from '../pipeline/plan.js';
import type { CallObserver } from '../pipeline/reporting/observer.js';
import { systemClock } from '../time/clock.js';
import { idOf } from './attribute-id.js';
import { attribute } from './names.js';
import { Series } from './series.js';
import { measured } from './sources.js';

const STATES = ['closed', 'open', 'half_open', 'isolated'] as const;

/** The policies of one name and kind in the pipelines of one name. Counts are added up. Rates are those of all their calls together. */
class PolicySum {
  readonly #attributes: Attributes;
  readonly #type: string;
  readonly states = { closed: 0, open: 0, half_open: 0, isolated: 0 };
  isBreaker = false;
  calls = 0;
  failures = 0;
  slowCalls: number | undefined;
  inFlight: number | undefined;
  queued = 0;
  limit = 0;
  available: number | undefined;
  balance: number | undefined;
  atFloor: number | undefined;
  ejected: number | undefined;
  chaos: number | undefined;
  isThrottle = false;
  requests = 0;
  /** How many of the calls in the windows would be refused now. */
  refused = 0;

  constructor(attributes: Attributes, type: string) {
    this.#attributes = attributes;
    this.#type = type;
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
    const { rejectionProbability, requests = 0 } = measures;
    if (rejectionProbability !== undefined) {
      this.isThrottle = true;
      this.requests += requests;
      this.refused += rejectionProbability * requests;
    }
    const { available, balance, atFloor, ejected, chaos } = measures;
    if (ejected !== undefined) this.ejected = (this.ejected ?? 0) + (ejected ? 1 : 0);
    // All copies are on, or none.
    if (chaos !== undefined) this.chaos = Math.max(this.chaos ?? 0, chaos.active ? 1 : 0);
    if (atFloor !== undefined) this.atFloor = (this.atFloor ?? 0) + (atFloor ? 1 : 0);
    if (available !== undefined) this.available = (this.available ?? 0) + available;
    if (balance !== undefined) this.balance = Math.min(this.balance ?? Infinity, balance);
  }

  report(series: Series): void {
    const at = this.#attributes;
    if (this.isBreaker) {
      for (const state of STATES) {
        series.add('breakerState', { ...at, [attribute.state]: state }, this.states[state]);
      }
      series.add('breakerFailureRate', at, share(this.failures, this.calls));
    }
    if (this.slowCalls !== undefined) {
      series.add('breakerSlowCallRate', at, share(this.slowCalls, this.calls));
    }
    if (this.inFlight !== undefined && this.#type === 'bulkhead') {
      series.add('bulkheadInFlight', at, this.inFlight);
      series.add('bulkheadQueued', at, this.queued);
      series.add('bulkheadLimit', at, this.limit);
    }
    if (this.available !== undefined) series.add('rateLimiterAvailable', at, this.available);
    if (this.ejected !== undefined) series.add('ejectedHosts', at, this.ejected);
    if (this.isThrottle) series.add('throttleProbability', at, share(this.refused, this.requests));
    if (this.inFlight !== undefined && this.#type === 'adaptive_limiter') {
      series.add('adaptiveLimiterInFlight', at, this.inFlight);
      series.add('adaptiveLimiterQueued', at, this.queued);
      series.add('adaptiveLimiterLimit', at, this.limit);
    }
    if (this.atFloor !== undefined) series.add('adaptiveLimiterAtFloor', at, this.atFloor);
    if (this.chaos !== undefined) series.add('chaosActive', at, this.chaos);
    if (this.balance !== undefined) series.add('retryBudgetBalance', at, this.balance);
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** The observers that telemetry sets, as far as gauges need them. */
interface Reporting extends CallObserver {
  readonly attributes: Attributes;
}

/** How many copies are read at a stretch. That takes about 10 ms. */
const AT_ONCE = 5_000;

const turn = (): Promise<void> => new Promise((resolve) => systemClock.setTimer(resolve, 0));

/** What policies are doing at one moment. */
export class Gauges {
  readonly #sums = new Map<string, PolicySum>();
  /** For each observer, the sums that the policies of its pipelines add to. */
  readonly #of = new Map<Reporting, (PolicySum | undefined)[]>();
  #read = 0;

  /** Reads a pipeline, or, for a template, its living copies. If there are many copies, it lets other code run in between. */
  async add(pipeline: Pipeline<unknown>): Promise<void> {
    const now = pipeline.time.now();
    if (pipeline.copies.length === 0) this.#measure(pipeline, now);
    for (const each of pipeline.copies) {
      for (const copy of each.deref()?.pipelines() ?? []) {
        if (++this.#read % AT_ONCE === 0) await turn();
        this.#measure(copy, now);
      }
    }
  }

  /** The series to report. */
  series(): Series {
    const series = new Series();
    for (const sum of this.#sums.values()) sum.report(series);
    return series;
  }

  #measure(pipeline: Pipeline<unknown>, now: number): void {
    const observer = pipeline.observer as Reporting | undefined;
    if (observer === undefined) return;
    const layers = pipeline.seen;
    let sums = this.#of.get(observer);
    if (sums === undefined) {
      sums = layers.map((layer) => this.#sumOf(layer, observer.attributes));
      this.#of.set(observer, sums);
    }
    for (let i = 0; i < layers.length; i++) {
      const sum = sums[i];
      const measures = sum && measured(() => pipeline.measureIn(i, now));
      if (measures !== undefined) sum?.add(measures);
    }
  }

  #sumOf({ name, policy }: Layer, attributes: Attributes): PolicySum | undefined {
    if (policy.measure === undefined) return undefined;
    const at = { ...attributes, [attribute.policy]: name };
    const id = `${policy.type} ${idOf(at)}`;
    let sum = this.#sums.get(id);
    if (sum === undefined) {
      sum = new PolicySum(at, policy.type);
      this.#sums.set(id, sum);
    }
    return sum;
  }
}
