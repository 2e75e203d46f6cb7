import type { Attributes } from '@opentelemetry/api';
import type { MetricId } from './names.js';

/** One number of one metric. */
export interface Point {
  readonly metric: MetricId;
  readonly attributes: Attributes;
  value: number;
}

/** Numbers by metric and attributes; what has the same ones is summed up, as several pipelines may have one name. */
export class Series {
  readonly #points = new Map<string, Point>();
  readonly #limit: number;

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  add(metric: MetricId, attributes: Attributes, value: number): void {
    const id = `${metric} ${idOf(attributes)}`;
    const known = this.#points.get(id);
    if (known !== undefined) known.value += value;
    else if (this.#points.size < this.#limit) this.#points.set(id, { metric, attributes, value });
  }

  has(id: string): boolean {
    return this.#points.has(id);
  }

  entries(): IterableIterator<[string, Point]> {
    return this.#points.entries();
  }

  points(): IterableIterator<Point> {
    return this.#points.values();
  }
}

/** The same text for the same attributes, in whatever order. */
export function idOf(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
