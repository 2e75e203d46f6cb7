import { SLICE_MS, type Slice, sumSlices } from './tally.js';

const BARS = ' ▁▂▃▄▅▆▇█';

/** The time axis of a chart. It divides the whole run into columns. */
export class TimeAxis {
  readonly columns: number;
  readonly #columnMs: number;

  constructor(totalMs: number, columns: number) {
    this.columns = columns;
    this.#columnMs = totalMs / columns;
  }

  /** How many columns are over. */
  past(elapsedMs: number): number {
    return Math.min(this.columns, Math.floor(elapsedMs / this.#columnMs));
  }

  columnAt(ms: number): number {
    return Math.round(ms / this.#columnMs);
  }

  /** The slices of a column. Their number varies: a slice belongs to the column in which it begins. */
  span(column: number): [fromMs: number, toMs: number] {
    const from = Math.ceil((column * this.#columnMs) / SLICE_MS) * SLICE_MS;
    const to = Math.ceil(((column + 1) * this.#columnMs) / SLICE_MS) * SLICE_MS;
    return to > from ? [from, to] : [from - SLICE_MS, from];
  }
}

/** The value to draw for a column, from the sum of its slices and their length. */
export type Level = (slice: Slice, ms: number) => number;

/** Draws a bar for each column that is over. The value `full` has full height. */
export function bars(
  slices: readonly Slice[],
  axis: TimeAxis,
  elapsedMs: number,
  level: Level,
  full: number,
): string {
  return levels(slices, axis, elapsedMs, level)
    .map((value) => bar(value / full))
    .join('');
}

/** The highest column. */
export function highest(
  slices: readonly Slice[],
  axis: TimeAxis,
  elapsedMs: number,
  level: Level,
): number {
  return Math.max(0, ...levels(slices, axis, elapsedMs, level));
}

function levels(
  slices: readonly Slice[],
  axis: TimeAxis,
  elapsedMs: number,
  level: Level,
): number[] {
  return Array.from({ length: axis.past(elapsedMs) }, (_, column) => {
    const [from, to] = axis.span(column);
    return level(sumSlices(slices, from, to), to - from);
  });
}

function bar(level: number): string {
  const height = level <= 0 ? 0 : Math.min(8, Math.max(1, Math.round(level * 8)));
  return BARS[height] as string;
}
