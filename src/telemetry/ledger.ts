import type { MetricId } from './names.js';
import type { Point } from './series.js';
import { overflowOf, Series, seriesOf } from './series.js';

/** Gets what is new. */
export type Add = (point: Point, value: number) => void;

/** How many series of each metric begin at 0: half as many as SDKs tell apart. More would leave no room for series that count something. */
const MAX_BEGUN = 1_000;

/**
 * How much of the counts one provider has been told. SDKs add up what is added to a counter, whatever attributes a view drops. Of observed
 * totals they keep only the last one. So the provider is told the difference since the last collection.
 */
export class Ledger {
  #told = new Series();
  /** The series that have begun at 0, by metric. */
  readonly #begun = new Map<MetricId, Map<string, Point>>();

  /** Begins a series with 0, unless it exists already. */
  begin(point: Point, add: Add): void {
    let begun = this.#begun.get(point.metric);
    if (begun === undefined) {
      begun = new Map();
      this.#begun.set(point.metric, begun);
    }
    if (begun.size >= MAX_BEGUN) return;
    const id = seriesOf(point.metric, point.attributes);
    if (begun.has(id)) return;
    begun.set(id, point);
    if (!this.#told.has(id)) add(point, 0);
  }

  /** Reports everything in `now` that was not reported yet. For what has not changed it reports 0, so that the series goes on. */
  settle(now: Series, add: Add): void {
    const told = this.#told;
    this.#told = now;
    const moved = this.#moved(told, now);
    for (const [id, point] of now.entries()) {
      const before = told.get(id)?.value ?? 0;
      const credit = moved.get(point.metric) ?? 0;
      const isOverflow = credit > 0 && id === overflowOf(point.metric);
      add(point, Math.max(0, point.value - before - (isOverflow ? credit : 0)));
    }
    // These come last, because SDKs limit how many series they take between two collections.
    for (const begun of this.#begun.values()) {
      for (const [id, point] of begun) if (!now.has(id)) add(point, 0);
    }
  }

  /**
   * How much has left its series since, by metric. Totals do not shrink. When too many pipelines are gone for each to keep its series,
   * their counts move to the overflow. They must not be reported again there.
   */
  #moved(told: Series, now: Series): Map<MetricId, number> {
    const moved = new Map<MetricId, number>();
    for (const [id, { metric, value }] of told.entries()) {
      const less = value - (now.get(id)?.value ?? 0);
      if (less > 0) moved.set(metric, (moved.get(metric) ?? 0) + less);
    }
    return moved;
  }
}
