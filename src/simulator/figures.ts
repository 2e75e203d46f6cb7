/** Formats the figures of a report. A missing figure is a dash. */
import type { ArmReport } from './report.js';

const NONE = '-';

/** `98.7%`. Only a share of exactly 0 or 1 is shown as 0% or 100%. */
export function percent(share: number): string {
  if (Number.isNaN(share)) return NONE;
  if (share === 0 || share === 1) return `${100 * share}%`;
  if (share > 0.999) return '>99.9%';
  return share < 0.001 ? '<0.1%' : `${(100 * share).toFixed(1)}%`;
}

/** Three digits or so. */
export function decimal(value: number, unit = ''): string {
  if (Number.isNaN(value)) return NONE;
  const text = value >= 100 ? value.toFixed(0) : String(Number(value.toFixed(1)));
  return unit === '' ? text : `${text} ${unit}`;
}

/** `1.25x`. */
export function times(value: number): string {
  return Number.isNaN(value) ? NONE : `${value.toFixed(2)}x`;
}

/** `12 s`, or in how many of the runs goodput never came back. */
export function back({ summary, runs }: ArmReport): string {
  if (summary.recovery !== Infinity) return decimal(summary.recovery, 's');
  const never = runs.filter(({ measures }) => measures.recovery === Infinity).length;
  return never === runs.length ? 'never' : `${never}/${runs.length} not`;
}
