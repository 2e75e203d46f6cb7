import type { Priority } from '../pipeline/contract/call-traits.js';
import { priorities } from '../pipeline/contract/call-traits.js';
import type { Run } from './run.js';
import type { Slice } from './tally.js';
import { sumOf } from './tally.js';
import { troubleOf } from './timeline.js';
import { mustBeRun } from './wrong-arguments.js';

/** Goodput is back when it is at least this share of what it was before. A second with less is lost. */
const ENOUGH = 0.95;

/** Goodput is back when it stays so for this many seconds. */
export const STEADY_SECONDS = 5;

/** How much to leave out at the start, where there is time for it: the first calls meet an empty upstream. */
const WARM_UP_MS = 5_000;

/** The measures of one arm in one run. Shares are 0 to 1. */
export interface Measures {
  /** The share of calls made before the trouble, without the first 5 s, that got a true answer in time. */
  readonly before: number;
  /** The same for calls made during the trouble. NaN if there are none. */
  readonly during: number;
  /** The same for calls made after the trouble. NaN if there are none. */
  readonly after: number;
  /** Whole seconds from the end of the trouble until goodput was back: at least 95% of before, for 5 s. Infinity for never, NaN without trouble. */
  readonly recovery: number;
  /** Seconds outside the trouble in which goodput was less than 95% of before. */
  readonly lost: number;
  /** Requests sent for each call. */
  readonly amplification: number;
  /** The share of the workers' time that went into answers nobody waited for. */
  readonly wasted: number;
  /** Latencies of the calls that got a true answer, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The same of the calls made during the trouble. NaN if there are none. */
  readonly p99During: number;
  /** The share of requests that were answered with a `QuotaError`. Only where the upstream has a quota. */
  readonly overQuota?: number;
  /** The share of requests that no server began with, because their deadline had passed. Only where servers know deadlines. */
  readonly expired?: number;
}

/** What became of the calls of one class. Shares are 0 to 1. */
export interface ClassMeasures {
  /** How many there were. */
  readonly calls: number;
  /** The share of those made before the trouble, without the first 5 s, that got a true answer in time; of all if there is no trouble. */
  readonly before: number;
  /** The same for calls made during the trouble. NaN if there are none. */
  readonly during: number;
  /** The same for calls made after the trouble. NaN if there are none. */
  readonly after: number;
}

/**
 * Makes the measures of a run.
 *
 * @throws ConfigError when it gets no run.
 */
export function measure(run: Run): Measures {
  mustBeRun(run, 'measure');
  const { scenario, spells, slices, latencies, starts, upstream } = run;
  const trouble = troubleOf(spells, scenario.servers);
  const { arrivals } = scenario;
  const { warmMs, startMs, endMs } = windowsOf(run);
  const before = shareOf(sumOf(slices, warmMs, startMs));
  // A steady scenario has no before. It is compared with the best that is possible.
  const hasBefore = trouble !== undefined && !Number.isNaN(before);
  const yardstick = ENOUGH * (hasBefore ? before : 1 - scenario.errors);
  const isEnough = (second: Slice): boolean =>
    second.calls === 0 || second.good / second.calls >= yardstick;
  const calm = seconds(slices, warmMs, startMs).map(isEnough);
  const rest = seconds(slices, endMs, arrivals).map(isEnough);
  const all = sumOf(slices, 0, Infinity);
  const sorted = [...latencies].sort(ascending);
  const during = latencies
    .filter((_, i) => (starts[i] as number) >= startMs && (starts[i] as number) < endMs)
    .sort(ascending);
  return {
    before,
    during: shareOf(sumOf(slices, startMs, endMs)),
    after: shareOf(sumOf(slices, endMs, arrivals)),
    recovery: trouble === undefined ? Number.NaN : recoveryOf(rest),
    lost: [...calm, ...rest].filter((enough) => !enough).length,
    amplification: upstream.requests / all.calls,
    wasted: upstream.workedMs === 0 ? 0 : upstream.wastedMs / upstream.workedMs,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    p99During: quantile(during, 0.99),
    ...(scenario.quota && { overQuota: upstream.overQuota / upstream.requests }),
    ...(scenario.knowsDeadlines && { expired: upstream.expired / upstream.requests }),
  };
}

/** Makes the measures of each class of calls. `undefined` where calls have no class. */
export function measureClasses(run: Run): Partial<Record<Priority, ClassMeasures>> | undefined {
  if (run.byPriority === undefined || run.byPriority.size === 0) return undefined;
  const { warmMs, startMs, endMs } = windowsOf(run);
  const measures: Partial<Record<Priority, ClassMeasures>> = {};
  for (const priority of priorities) {
    const slices = run.byPriority.get(priority);
    if (slices === undefined) continue;
    measures[priority] = {
      calls: sumOf(slices, 0, Infinity).calls,
      before: shareOf(sumOf(slices, warmMs, startMs)),
      during: shareOf(sumOf(slices, startMs, endMs)),
      after: shareOf(sumOf(slices, endMs, run.scenario.arrivals)),
    };
  }
  return measures;
}

/** When the trouble is, and what comes before it without the start. */
function windowsOf({ scenario, spells }: Run): Record<'warmMs' | 'startMs' | 'endMs', number> {
  const { startMs, endMs } = troubleOf(spells, scenario.servers) ?? {
    startMs: scenario.arrivals,
    endMs: scenario.arrivals,
  };
  return { warmMs: Math.min(WARM_UP_MS, startMs / 2), startMs, endMs };
}

const ascending = (a: number, b: number): number => a - b;

function shareOf({ good, calls }: Slice): number {
  return good / calls;
}

/** Whole seconds, counted from `fromMs`. */
function seconds(slices: readonly Slice[], fromMs: number, toMs: number): Slice[] {
  const sums: Slice[] = [];
  for (let at = fromMs; at + 1_000 <= toMs; at += 1_000) sums.push(sumOf(slices, at, at + 1_000));
  return sums;
}

/** The first second at which goodput is enough and stays so for {@link STEADY_SECONDS}. */
function recoveryOf(isEnough: readonly boolean[]): number {
  const back = isEnough.findIndex((_, i) => {
    const next = isEnough.slice(i, i + STEADY_SECONDS);
    return next.length === STEADY_SECONDS && !next.includes(false);
  });
  return back < 0 ? Infinity : back;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
