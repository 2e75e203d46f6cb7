import type { Attributes } from '@opentelemetry/api';
import { idOf } from './attribute-id.js';
import type { MetricId } from './names.js';
import { attribute } from './names.js';

/** One number of one metric. */
export interface Point {
  readonly metric: MetricId;
  readonly attributes: Attributes;
  value: number;
}

/** SDKs, too, use these attributes to count the series beyond those that they tell apart. */
const OVERFLOW: Attributes = { [attribute.overflow]: true };

/**
 * Numbers by metric and attributes. Numbers with the same metric and attributes are summed up, as several pipelines may have one
 * name. Once there are `limit` series, further ones are summed up by metric alone.
 */
export class Series {
  readonly #points = new Map<string, Point>();
  readonly #limit: number;

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  add(metric: MetricId, attributes: Attributes, value: number): void {
    const id = seriesOf(metric, attributes);
    const known = this.#points.get(id);
    if (known !== undefined) known.value += value;
    else if (this.#points.size < this.#limit) this.#points.set(id, { metric, attributes, value });
    else this.#overflow(metric, value);
  }

  has(id: string): boolean {
    return this.#points.has(id);
  }

  get(id: string): Point | undefined {
    return this.#points.get(id);
  }

  entries(): IterableIterator<[string, Point]> {
    return this.#points.entries();
  }

  points(): IterableIterator<Point> {
    return this.#points.values();
  }

  #overflow(metric: MetricId, value: number): void {
    const id = overflowOf(metric);
    const known = this.#points.get(id);
    if (known !== undefined) known.value += value;
    else this.#points.set(id, { metric, attributes: OVERFLOW, value });
  }
}

/** The id of a series. */
export function seriesOf(metric: MetricId, attributes: Attributes): string {
  return `${metric} ${idOf(attributes)}`;
}

/** The id of the series in which a metric's overflow is counted. */
export function overflowOf(metric: MetricId): string {
  return `${metric} ${OVERFLOW_ID}`;
}

const OVERFLOW_ID = idOf(OVERFLOW);
