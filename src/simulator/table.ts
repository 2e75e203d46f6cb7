import { back, decimal, percent, times } from './figures.js';
import type { ArmReport, Report } from './report.js';

interface Column {
  readonly head: string;
  readonly width: number;
  readonly cell: (arm: ArmReport) => string;
}

const COLUMNS: readonly Column[] = [
  { head: 'before', width: 8, cell: ({ summary }) => percent(summary.before) },
  { head: 'during', width: 7, cell: ({ summary }) => percent(summary.during) },
  { head: 'after', width: 7, cell: ({ summary }) => percent(summary.after) },
  { head: 'back', width: 8, cell: back },
  { head: 'lost', width: 7, cell: ({ summary }) => decimal(summary.lost, 's') },
  { head: 'sent', width: 7, cell: ({ summary }) => times(summary.amplification) },
  { head: 'wasted', width: 7, cell: ({ summary }) => percent(summary.wasted) },
  { head: 'p50', width: 7, cell: ({ summary }) => decimal(summary.p50) },
  { head: 'p99', width: 8, cell: ({ summary }) => decimal(summary.p99) },
];
const WIDTH = 80;
const NAME_WIDTH = WIDTH - COLUMNS.reduce((sum, { width }) => sum + width, 0);

/** A report as a table of text, 80 columns wide: the means over all runs, an arm a line. */
export function toTable({ scenario, seeds, arms }: Report): string {
  const names = Object.keys(arms);
  const width = Math.max(
    ...names.filter((name) => name.length < NAME_WIDTH).map(({ length }) => length),
    3,
  );
  const row = (name: string, cells: readonly string[]): string =>
    name.padEnd(width) + cells.map((cell, i) => cell.padStart(COLUMNS[i]?.width ?? 0)).join('');
  return [
    `${scenario.name}: ${seeds.length === 1 ? `seed ${seeds[0]}` : `means of the seeds ${seeds.join(', ')}`}`,
    '',
    row(
      'arm',
      COLUMNS.map(({ head }) => head),
    ),
    ...Object.entries(arms).flatMap(([name, arm]) => {
      const cells = COLUMNS.map(({ cell }) => cell(arm));
      // A long name has a line of its own.
      return name.length < NAME_WIDTH ? [row(name, cells)] : [name, row('', cells)];
    }),
    '',
    ...LEGEND,
    '',
  ].join('\n');
}

const LEGEND = [
  'before, during, after: calls answered in time, of those made then (the trouble)',
  'back: when goodput is at 95% of before for 5 s; counted from the end of the trouble',
  'lost: seconds below that, other than those of the trouble; sent: requests a call',
  'wasted: of the work of the servers, for callers who were gone; p50, p99: in ms',
];
