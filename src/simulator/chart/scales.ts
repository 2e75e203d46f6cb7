import type { Report, RunReport } from '../report.js';

/** The scales that all charts of a report share, so that they can be compared. */
export interface Scales {
  /** How long calls arrive. */
  readonly seconds: number;
  /** The ends of the vertical axes. */
  readonly requests: number;
  readonly queued: number;
  /** `undefined` where no arm has a breaker that opened. */
  readonly open: number | undefined;
  /** `undefined` where no arm has an adaptive limiter. */
  readonly limit: number | undefined;
}

/** The run of each arm that is drawn: the first. */
export function drawnRuns({ arms }: Report): [name: string, run: RunReport][] {
  return Object.entries(arms).flatMap(
    ([
      name,
      {
        runs: [first],
      },
    ]) => (first === undefined ? [] : [[name, first]]),
  );
}

/** Scales on which every arm of a report fits. */
export function scalesOf(report: Report): Scales {
  const series = drawnRuns(report).map(([, run]) => run.series);
  const most = (lists: readonly (readonly (number | null)[])[]): number =>
    lists.flat().reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
  const limits = series.map(({ limit }) => limit);
  const hasLimit = limits.some((list) => list.some((value) => value !== null));
  const open = most(series.map((each) => each.open));
  return {
    seconds: Math.max(1, ...series.map(({ calls }) => calls.length)),
    requests: niceEnd(most(series.flatMap(({ requests, calls }) => [requests, calls]))),
    queued: niceEnd(most(series.map((each) => each.queued))),
    open: open === 0 ? undefined : report.scenario.clients,
    limit: hasLimit ? niceEnd(most(limits)) : undefined,
  };
}

const ENDS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The first round number that is not below the value. */
export function niceEnd(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (ENDS.find((end) => end * power >= value) ?? 10) * power;
}

/** The step for an axis of so many seconds. About four steps fit. */
export function tickOf(seconds: number): number {
  return niceStep.find((step) => seconds / step <= 5) ?? Math.ceil(seconds / 4);
}

const niceStep = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1_800, 3_600];
