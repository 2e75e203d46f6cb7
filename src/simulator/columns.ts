import { priorities } from '../pipeline/contract/call-traits.js';
import { back, decimal, percent, times } from './figures.js';
import type { ArmReport } from './report.js';

/** One figure of an arm, as the tables show it. */
export interface Column {
  readonly head: string;
  /** What it means. */
  readonly legend: string;
  /** Characters in a table of text. */
  readonly width: number;
  readonly cell: (arm: ArmReport) => string;
}

/** The figures of a table. */
export const COLUMNS: readonly Column[] = [
  {
    head: 'before',
    legend: 'calls answered in time, of those made before the trouble',
    width: 8,
    cell: ({ summary }) => percent(summary.before),
  },
  {
    head: 'during',
    legend: 'of those made during the trouble',
    width: 7,
    cell: ({ summary }) => percent(summary.during),
  },
  {
    head: 'after',
    legend: 'of those made after the trouble',
    width: 7,
    cell: ({ summary }) => percent(summary.after),
  },
  {
    head: 'back',
    legend: 'from the end of the trouble until 95% of before, for 5 s at least',
    width: 8,
    cell: back,
  },
  {
    head: 'lost',
    legend: 'seconds outside the trouble with less than 95% of before',
    width: 7,
    cell: ({ summary }) => decimal(summary.lost, 's'),
  },
  {
    head: 'sent',
    legend: 'requests for each call',
    width: 7,
    cell: ({ summary }) => times(summary.amplification),
  },
  {
    head: 'wasted',
    legend: "of the servers' work, for callers who were gone",
    width: 7,
    cell: ({ summary }) => percent(summary.wasted),
  },
  {
    head: 'p50',
    legend: 'how long answered calls took, in ms: the median',
    width: 7,
    cell: ({ summary }) => decimal(summary.p50),
  },
  {
    head: 'p99',
    legend: 'how long 99% of them took at most',
    width: 8,
    cell: ({ summary }) => decimal(summary.p99),
  },
];

/** What only some scenarios have, in words: how the classes of calls fared, and what the upstream turned away. */
export function extrasOf({ summary, priorities: classes }: ArmReport): string[] {
  const { overQuota, expired } = summary;
  return [
    ...priorities.flatMap((each) => {
      const measures = classes?.[each];
      if (measures === undefined) return [];
      const { before, during, after } = measures;
      const trouble = Number.isNaN(during) ? '' : `, ${percent(during)} during`;
      const rest = Number.isNaN(after) ? '' : `, ${percent(after)} after`;
      return [`${each}: answered in time ${percent(before)} before${trouble}${rest}`];
    }),
    ...(overQuota === undefined ? [] : [`over the quota: ${percent(overQuota)} of the requests`]),
    ...(expired === undefined
      ? []
      : [`dropped because their deadline had passed: ${percent(expired)} of the requests`]),
  ];
}

/** Says which runs the figures come from. */
export function seedsText(seeds: readonly number[]): string {
  return seeds.length === 1 ? `seed ${seeds[0]}` : `means of the seeds ${seeds.join(', ')}`;
}
