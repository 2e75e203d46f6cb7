import type { Measured } from './tally.js';

/** Colours a text: one of node:util's styleText formats. Identity where there is no colour. */
export type Paint = (format: PaintFormat, text: string) => string;
export type PaintFormat = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'magenta' | 'cyan';

export const noPaint: Paint = (_format, text) => text;

const GROUPED = new Intl.NumberFormat('en-US');

/** `1800` as `1,800`. */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** `1,071 (60%)`. A share that is not quite 0 or 100% is not shown as such. */
export function countOf(value: number, total: number): string {
  if (total === 0 || value === 0) return count(value);
  const percent = (100 * value) / total;
  const shown =
    percent < 1 ? '<1' : percent > 99 && value < total ? '>99' : String(Math.round(percent));
  return `${count(value)} (${shown}%)`;
}

/** `24 ms`, `1.24 s`. */
export function time(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 9_995 ? `${(ms / 1_000).toFixed(2)} s` : `${(ms / 1_000).toFixed(1)} s`;
}

/** The same with `>` for a lower bound. */
export function measured({ ms, atLeast }: Measured): string {
  return `${atLeast ? '> ' : ''}${time(ms)}`;
}

/** `3.2 s` of the run, always with one decimal. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
