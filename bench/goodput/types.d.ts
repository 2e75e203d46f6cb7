/** A figure of one row: what of a run's measures, and how the seeds are put together (verdict.js). */
export type Figure = 'during' | 'back' | 'lost' | 'served';

/** What one run of one arm came to. Shares are 0 to 1; what there is none of is NaN. */
export interface Outcome {
  seed: number;
  /** How long the trigger of this run was, in milliseconds; NaN without one. */
  troubleMs: number;
  /** Shares of the calls that got a true answer in time. */
  before: number;
  during: number;
  after: number;
  /** Whole seconds after the trigger until goodput is back; Infinity for never, NaN without a trigger. */
  back: number;
  /** Seconds outside of the trigger with too little goodput. */
  lost: number;
  /** Requests for each call. */
  sent: number;
  /** Share of the servers' work for callers who were gone. */
  wasted: number;
}

/** One figure's goal. */
export interface Goal {
  figure: Figure;
  atMost?: number;
  atLeast?: number;
  /** The figure may be below that of `none` by this much. */
  belowNone?: number;
}

/** One situation. */
export interface Row {
  id: string;
  title: string;
  scenario: import('holdfast/simulator').Scenario;
  /** The figures of its cells, in this order. */
  shows: Figure[];
  /** What is asked of `standard()`. */
  goals: Goal[];
  /** In place of the arm that the goals are for. */
  ours?: import('holdfast/simulator').Arm;
  /** Whether its first seed is drawn. */
  chart?: boolean;
}

export interface Section {
  title: string;
  about: string[];
  rows: Row[];
}

/** What `standard()` might have been instead. */
export interface Choice {
  id: string;
  label: string;
  about: string;
  /** Its policies, from the outermost on, for calls that may take `deadline` milliseconds. */
  policies: (deadline: number) => import('holdfast').Policy[];
}

/** What one run hands over: the outcome, and the report of it for the charts. */
export interface RunAnswer {
  outcome: Outcome;
  /** In a comparison of policies, the figures that it shows. */
  figures?: import('./policies/types.d.ts').Figures;
  report: import('holdfast/simulator').ArmReport;
}

export interface Job {
  /** The id of a row, or of a comparison of policies. */
  row: string;
  /** Where `row` is that of a comparison. */
  policies?: true;
  /** The id of an arm, or of a choice. */
  arm: string;
  seed: number;
  /** A run of a few seconds, which shows that everything works. */
  smoke: boolean;
}

/** One real run over HTTP. */
export interface HttpResults {
  plan: HttpPlan;
  arms: Record<string, Outcome>;
}

export interface HttpPlan {
  clients: number;
  workers: number;
  serviceMs: number;
  load: number;
  deadlineMs: number;
  factor: number;
  beforeMs: number;
  triggerMs: number;
  afterMs: number;
}

export interface Results {
  libraries: Record<string, string>;
  seeds: number[];
  /** By row and arm, an outcome a seed. */
  rows: Record<string, Record<string, Outcome[]>>;
  /** By row and arm: the run of the first seed, for rows with a chart. */
  charts: Record<string, Record<string, import('holdfast/simulator').ArmReport>>;
  /** By row and choice, an outcome a seed. */
  choices: Record<string, Record<string, Outcome[]>>;
  policies?: import('./policies/types.d.ts').PolicyResults;
  http?: HttpResults;
}
