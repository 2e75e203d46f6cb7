import type { Priority } from '../pipeline/contract/call-traits.js';
import type { ClassMeasures, Measures } from './measures.js';
import { measure, measureClasses } from './measures.js';
import type { Run } from './run.js';
import type { ResolvedScenario } from './scenario.js';
import type { Series } from './series.js';
import { seriesOf } from './series.js';
import { classesOf, summaryOf } from './summary.js';
import { endOf } from './timeline.js';

/** The result of {@link simulate}: plain data. */
export interface Report {
  /** The scenario with everything filled in, durations in milliseconds. */
  readonly scenario: ResolvedScenario;
  /** The seeds of the runs, in their order. */
  readonly seeds: readonly number[];
  /** The results of each arm, by its name. */
  readonly arms: Readonly<Record<string, ArmReport>>;
}

/** The results of one arm. */
export interface ArmReport {
  /** The means over all runs. One run that never recovers makes `recovery` infinite. */
  readonly summary: Measures;
  /** The means for each class of calls. Only where the scenario has priorities. */
  readonly priorities?: Readonly<Partial<Record<Priority, ClassMeasures>>>;
  /** One for each seed. */
  readonly runs: readonly RunReport[];
}

/** One run of one arm. */
export interface RunReport {
  /** The seed. It decides when calls come, how long they take, and how long the triggers last. */
  readonly seed: number;
  /** When the triggers of this run began and ended. */
  readonly triggers: readonly TriggerReport[];
  readonly measures: Measures;
  /** For each class of calls. Only where the scenario has priorities. */
  readonly priorities?: Readonly<Partial<Record<Priority, ClassMeasures>>>;
  readonly series: Series;
}

/** A trigger of one run, in milliseconds from its start. */
export interface TriggerReport {
  readonly kind: ResolvedScenario['triggers'][number]['kind'];
  readonly startMs: number;
  /** `null` if it lasts for good. */
  readonly endMs: number | null;
}

/** The report of one run. */
export function runReportOf(run: Run, seed: number): RunReport {
  const triggers = run.spells.map((spell) => {
    const endMs = endOf(spell, run.scenario.servers);
    const { kind, startMs } = spell;
    return { kind, startMs, endMs: endMs === Infinity ? null : endMs };
  });
  const classes = measureClasses(run);
  return {
    seed,
    triggers,
    measures: measure(run),
    ...(classes && { priorities: classes }),
    series: seriesOf(run),
  };
}

/** The report of one arm. */
export function armReportOf(runs: readonly RunReport[]): ArmReport {
  const classes = classesOf(runs.map(({ priorities }) => priorities));
  return {
    summary: summaryOf(runs.map(({ measures }) => measures)),
    ...(classes && { priorities: classes }),
    runs,
  };
}
