import { COLUMNS, extrasOf, seedsText } from './columns.js';
import type { Report } from './report.js';
import { mustBeReport } from './wrong-arguments.js';

const WIDTH = 80;
const NAME_WIDTH = WIDTH - COLUMNS.reduce((sum, { width }) => sum + width, 0);

/**
 * Writes a report as a table of text, 80 columns wide. It has the means over all runs, one line for each arm.
 *
 * @throws ConfigError when it gets no report.
 */
export function toTable(report: Report): string {
  mustBeReport(report, 'toTable');
  const { scenario, seeds, arms } = report;
  // A name that is too long has a line of its own.
  const fits = (name: string): boolean => name.length <= NAME_WIDTH;
  const names = Object.keys(arms).filter(fits);
  const width = Math.max(3, ...names.map(({ length }) => length));
  const row = (name: string, cells: readonly string[]): string =>
    name.padEnd(width) + cells.map((cell, i) => cell.padStart(COLUMNS[i]?.width ?? 0)).join('');
  const heads = COLUMNS.map(({ head }) => head);
  return [
    `${scenario.name}: ${seedsText(seeds)}`,
    '',
    row('arm', heads),
    ...Object.entries(arms).flatMap(([name, arm]) => {
      const cells = COLUMNS.map(({ cell }) => cell(arm));
      return fits(name) ? [row(name, cells)] : [name, row('', cells)];
    }),
    '',
    ...COLUMNS.map(({ head, legend }) => `  ${head.padEnd(8)}${legend}`),
    '',
    ...Object.entries(arms).flatMap(([name, arm]) => {
      const lines = extrasOf(arm);
      return lines.length === 0 ? [] : [name, ...lines.map((line) => `  ${line}`), ''];
    }),
  ].join('\n');
}
