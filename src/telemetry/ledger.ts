import type { MetricId } from './names.js';
import type { Point } from './series.js';
import { overflowOf, Series, seriesOf } from './series.js';

/** Takes what is new. */
export type Add = (point: Point, value: number) => void;

/** How many series of each metric begin at 0: half of what SDKs tell apart. Beyond, they would be in the way of those that count. */
const MAX_BEGUN = 1_000;

/**
 * How far counts have been told at one provider. SDKs add up what is added to a counter, whatever attributes a view drops, but of
 * observed totals they keep the last one. So what is told is the difference since the last collection.
 */
export class Ledger {
  #told = new Series();
  /** What has begun at 0, by metric. */
  readonly #begun = new Map<MetricId, Map<string, Point>>();

  /** Begins a series with 0, unless it is there already. */
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

  /** Tells of everything in `now` that has not been told yet. Of what has not changed it tells 0, so that its series goes on. */
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
    // Last, as SDKs bound how many they take between two collections.
    for (const begun of this.#begun.values()) {
      for (const [id, point] of begun) if (!now.has(id)) add(point, 0);
    }
  }

  /**
   * What has left its series since, by metric. Totals do not shrink: it is in the overflow now, because too many pipelines are gone for
   * each to keep its series, and must not be told once more.
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
