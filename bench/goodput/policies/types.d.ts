import type { Arm, RunReport, Scenario } from 'holdfast/simulator';

/** One situation, in which calls go through several arms. */
export interface Comparison {
  /** Unique among all parts, such as `hedge-one-of-eight`. */
  id: string;
  /** What stands at the row of the table. */
  title: string;
  /** What happens, and what to see: sentences. */
  about: string;
  scenario: Scenario;
  /** The first is without the policy. */
  arms: ComparisonArm[];
  /** The figures of each cell, in this order: names of figures.js, or figures of one's own. */
  shows: (FigureName | Figure)[];
  /** What has to be so. */
  goals: Goal[];
  /** Default: those of the page. */
  seeds?: number[];
}

export interface ComparisonArm {
  id: string;
  /** The head of its column, such as `without`. */
  label: string;
  arm: Arm;
}

/** The figures of figures.js. */
export type FigureName =
  | 'served'
  | 'before'
  | 'during'
  | 'after'
  | 'back'
  | 'lost'
  | 'sent'
  | 'wasted'
  | 'p50'
  | 'p99'
  | 'p99During'
  | 'overQuota'
  | 'expired';

/** One number of a run. */
export interface Figure {
  /** Unique in its comparison. */
  id: string;
  /** What it is, such as `answered from 2 s after the begin on`. */
  words: string;
  unit: 'share' | 'ms' | 's' | 'times' | 'number';
  /** How the seeds are put together. Default: `mean`. */
  seeds?: 'mean' | 'worst';
  /** @param run The report of one run: measures, `priorities` by class, and series by second. */
  of: (run: RunReport) => number;
}

/** What a figure of an arm has to be: at least or at most a number, or that of another arm, `times` (default 1) and `plus` (default 0). */
export interface Goal {
  arm: string;
  /** The name or id of a figure that the comparison shows. */
  figure: string;
  atLeast?: number | Relative;
  atMost?: number | Relative;
}

export interface Relative {
  arm: string;
  times?: number;
  plus?: number;
}

/** A file of this folder, as the page shows it. */
export interface Part {
  id: string;
  title: string;
  page: string;
  comparisons: Comparison[];
}

/** The figures of one run, by id. */
export type Figures = Record<string, number>;

/** By comparison and arm, the figures of a run for each seed. */
export type PolicyResults = Record<string, Record<string, Figures[]>>;
