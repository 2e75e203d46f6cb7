import type { Attributes, Context, Histogram } from '@opentelemetry/api';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { reportFault } from '../pipeline/reporting/faults.js';

/** How many durations a batch holds at most. Recording them takes about 40 us at a stretch. */
const BATCH = 64;

/** How many batches wait at most. A provider without a reader never collects. */
const MAX_WAITING = 1_000;

/**
 * The durations that wait for the next collection. They refer to no pipeline, so a pipeline that is gone leaves nothing
 * unrecorded.
 */
export class WaitingDurations {
  readonly #waiting = new Set<Durations>();

  add(durations: Durations): void {
    if (this.#waiting.size >= MAX_WAITING) this.record();
    this.#waiting.add(durations);
  }

  /** Records them all. A collection that begins with it finds every call that ended before. */
  record(): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const durations of all) durations.collect();
  }
}

/**
 * The durations of calls with the same attributes.
 *
 * Durations of calls outside any context are recorded in batches. With the SDK, a record right after another one takes two thirds
 * of the time of one that comes after a whole call. When a record is made matters only for its context.
 */
export class Durations {
  readonly #histogram: Histogram;
  readonly #attributes: Attributes;
  readonly #waiting: WaitingDurations;
  #batch: Float64Array | undefined;
  #count = 0;
  /** The first duration after a collection is recorded at once: SDKs take its time as the start of what they report. */
  #begun = false;

  constructor(histogram: Histogram, attributes: Attributes, waiting: WaitingDurations) {
    this.#histogram = histogram;
    this.#attributes = attributes;
    this.#waiting = waiting;
  }

  /** Adds a duration. It is recorded when the batch is full or collected. */
  add(seconds: number): void {
    if (!this.#begun) {
      this.#begun = true;
      this.#waiting.add(this);
      this.record(seconds, ROOT_CONTEXT);
      return;
    }
    this.#batch ??= new Float64Array(BATCH);
    this.#batch[this.#count++] = seconds;
    if (this.#count === BATCH) this.#recordBatch();
  }

  /** Records a duration now. */
  record(seconds: number, context: Context): void {
    // Any code may be behind a meter provider, and it may throw.
    try {
      this.#histogram.record(seconds, this.#attributes, context);
    } catch (fault) {
      reportFault('telemetry', fault);
    }
  }

  /** Records what was added since the last collection. */
  collect(): void {
    this.#begun = false;
    this.#recordBatch();
  }

  #recordBatch(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const count = this.#count;
    // A record may make calls. They must not overwrite what is not recorded yet.
    this.#batch = undefined;
    this.#count = 0;
    for (let i = 0; i < count; i++) this.record(batch[i] as number, ROOT_CONTEXT);
    this.#batch ??= batch;
  }
}
