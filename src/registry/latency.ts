import type { PipelineEvent } from '../pipeline/contract/events.js';
import type { Joinable } from './member.js';
import type { Activity, Growth } from './recent.js';
import { activityOf, add, countCalls, Looks, NONE } from './recent.js';

/** Buckets for each doubling of a duration: a percentile is exact to 5%. */
const STEPS = 8;
/** From 1/8 ms to 10 minutes. Whatever is outside is in the first or last bucket. */
const BUCKETS = 180;
/** Where the buckets begin, behind the counts of calls. */
const FIRST = NONE.length;
/** How many keys are measured apart. */
const MAX_KEYS = 100;

/** The counter of a duration. */
export function bucketOf(durationMs: number): number {
  const bucket = Math.floor(STEPS * Math.log2(STEPS * durationMs));
  return FIRST + Math.max(0, Math.min(BUCKETS - 1, bucket));
}

/** The duration, in milliseconds, that this share of calls did not exceed; `undefined` without calls. */
export function quantileOf({ counts }: Growth, share: number): number | undefined {
  let left = counts.slice(FIRST).reduce((sum, n) => sum + n, 0) * share;
  if (left <= 0) return undefined;
  for (let i = FIRST; ; i++) {
    left -= counts[i] as number;
    // In the middle of the bucket, as ratios go.
    if (left <= 1e-9) return 2 ** ((i - FIRST + 0.5) / STEPS) / STEPS;
  }
}

/** What the calls of one key have been like lately. */
export interface Measured extends Activity {
  /** 99% of the calls that were let in took at most this long, in milliseconds, exact to 5%. */
  readonly p99Ms: number | undefined;
}

/** Counts calls and their durations in buckets. A call costs it a few increments. */
class Durations {
  readonly #counts = [...NONE, ...new Array<number>(BUCKETS).fill(0)];
  readonly #looks = new Looks();

  constructor(nowMs: number) {
    this.look(nowMs);
  }

  count(event: PipelineEvent): void {
    if (event.type !== 'call' && event.type !== 'body_failure') return;
    const outcome = event.type === 'call' ? event.outcome : event.type;
    countCalls(this.#counts, outcome, 1);
    // A refusal takes no time, and says nothing of the upstream.
    if (event.type === 'call' && outcome !== 'rejected') {
      add(this.#counts, bucketOf(event.durationMs), 1);
    }
  }

  look(nowMs: number): Measured | undefined {
    const growth = this.#looks.look(nowMs, this.#counts);
    return growth && { ...activityOf(growth), p99Ms: quantileOf(growth, 0.99) };
  }
}

/**
 * Measures the calls of a member, in total and by key. It listens to the events of all calls. Nothing else pays for it.
 */
export class Latency {
  readonly #now: () => number;
  readonly #all: Durations;
  readonly #byKey = new Map<string, Durations>();

  constructor(member: Joinable, now: () => number) {
    this.#now = now;
    this.#all = new Durations(now());
    member.on((event) => {
      this.#all.count(event);
      if (event.key !== undefined) this.#of(event.key)?.count(event);
    });
  }

  look(): Measured | undefined {
    return this.#all.look(this.#now());
  }

  /** `undefined` for a key that is not measured, or not for long enough. */
  lookAt(key: string): Measured | undefined {
    const measured = this.#byKey.get(key)?.look(this.#now());
    // Its place is for another one. It is measured again when it is called again.
    if (measured?.rate === 0) this.#byKey.delete(key);
    return measured;
  }

  #of(key: string): Durations | undefined {
    const known = this.#byKey.get(key);
    if (known !== undefined || this.#byKey.size >= MAX_KEYS) return known;
    const made = new Durations(this.#now());
    this.#byKey.set(key, made);
    return made;
  }
}
