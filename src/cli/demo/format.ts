import type { Recovery } from './recovery.js';

/** Colours a text with one of node:util's `styleText` formats. Returns it unchanged where there is no colour. */
export type Paint = (format: PaintFormat, text: string) => string;
export type PaintFormat = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'magenta' | 'cyan';

export const noPaint: Paint = (_format, text) => text;

const GROUPED = new Intl.NumberFormat('en-US');

/** `1800` as `1,800`. */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** `60%`. Only a share of exactly 0 or 100% is shown as that. */
export function percent(value: number, total: number): string {
  if (total === 0 || value === 0) return '0%';
  const exact = (100 * value) / total;
  if (exact < 1) return '<1%';
  return exact > 99 && value < total ? '>99%' : `${Math.round(exact)}%`;
}

/** `3.2 s` of the run, always with one decimal. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** `3.2 s` after the trigger, or `never`. */
export function backAfter({ state, afterMs }: Recovery): string {
  switch (state) {
    case 'back':
      return seconds(afterMs);
    case 'never':
      return 'never';
    case 'away':
      return 'not yet';
    case 'ahead':
      return '-';
    case 'unknown':
      return '?';
  }
}
