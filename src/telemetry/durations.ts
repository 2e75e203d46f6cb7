import type { Attributes, Context, Histogram } from '@opentelemetry/api';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { reportFault } from '../pipeline/reporting/faults.js';

/** How many are kept at most: about 40 us of recording at a stretch. */
const BATCH = 64;

/** How many batches wait at most. A provider without a reader never collects. */
const MAX_WAITING = 1_000;

/** The durations that wait for the next collection. They hold no pipeline: one that is gone leaves nothing unrecorded behind. */
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
 * Those of calls outside any context are recorded in batches: with the SDK, a record right after another one takes two thirds of
 * one that comes after a whole call. Of what a record has to say, only its context depends on when it is made.
 */
export class Durations {
  readonly #histogram: Histogram;
  readonly #attributes: Attributes;
  readonly #waiting: WaitingDurations;
  #batch: Float64Array | undefined;
  #count = 0;
  /** The first after a collection is recorded at once: SDKs take it for the start of what they report. */
  #begun = false;

  constructor(histogram: Histogram, attributes: Attributes, waiting: WaitingDurations) {
    this.#histogram = histogram;
    this.#attributes = attributes;
    this.#waiting = waiting;
  }

  /** Records a duration when the batch is full or collected. */
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
    // Whatever is behind a meter provider may throw.
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
    // A record may make calls, which must not write over what is not recorded yet.
    this.#batch = undefined;
    this.#count = 0;
    for (let i = 0; i < count; i++) this.record(batch[i] as number, ROOT_CONTEXT);
    this.#batch ??= batch;
  }
}
