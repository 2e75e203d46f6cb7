import type { UpstreamStats } from '../../testing/upstream-counts.js';
import type { BreakerLog } from './breaker-log.js';
import type { Phase, PhaseName } from './phases.js';
import { type Measured, quantile, type Tally, type Wait } from './tally.js';

/** What was counted on one side of the demo. */
export interface SideResult {
  /** From the client's calls. `answered + degraded + failed = calls`. */
  readonly calls: number;
  readonly answered: number;
  /** Answered by the fallback. */
  readonly degraded: number;
  /** With an error or never; `unanswered` included. */
  readonly failed: number;
  /** Still waiting when the demo ended. */
  readonly unanswered: number;
  /** How long callers waited, however it ended. */
  readonly waits: { readonly p50: Measured; readonly p99: Measured; readonly longest: Measured };
  /** The most callers that waited at the same time. */
  readonly maxWaiting: number;
  /** Requests handed to `fetch`. */
  readonly sent: number;
  /** From the upstream's own counters. */
  readonly upstream: {
    readonly requests: number;
    readonly requestsByPhase: Readonly<Partial<Record<PhaseName, number>>>;
    readonly connections: number;
  };
}

/** What the breaker and the retries did, from the pipeline's events. */
export interface PipelineResult {
  /** How often the operation was called. */
  readonly attempts: number;
  /** Of them, those after the first of their call. */
  readonly retries: number;
  readonly timeouts: number;
  readonly fallbacks: number;
  readonly breaker: { readonly openMs: number; readonly opened: number };
}

/** Everything the demo counted. Plain JSON. */
export interface DemoResult {
  readonly seed: number;
  readonly rate: number;
  readonly seconds: number;
  /** How long it ran, the wait for the last calls included. */
  readonly ranMs: number;
  readonly interrupted: boolean;
  readonly phases: readonly Pick<Phase, 'name' | 'what' | 'startMs' | 'endMs'>[];
  readonly plain: SideResult;
  readonly holdfast: SideResult & { readonly pipeline: PipelineResult };
}

/** Tenths of a millisecond: the rest is noise. */
export function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function measure(waits: readonly Wait[], share: number): Measured {
  const found = quantile(waits, share);
  return { ms: rounded(found?.ms ?? 0), atLeast: found?.atLeast ?? false };
}

/**
 * The result of one side.
 *
 * @param counts What its upstream had counted at the beginning of each phase that was entered, and at the end.
 */
export function sideResult(
  tally: Tally,
  phases: readonly Phase[],
  counts: readonly UpstreamStats[],
): SideResult {
  // The upstream counted the calls made to warm up too, before its first phase.
  const first = counts[0];
  const last = counts.at(-1);
  const total = (key: 'requests' | 'connections'): number =>
    (last?.[key] ?? 0) - (first?.[key] ?? 0);
  const requestsByPhase: Partial<Record<PhaseName, number>> = {};
  phases.forEach(({ name }, index) => {
    const from = counts[index];
    const to = counts[index + 1];
    if (from !== undefined && to !== undefined) requestsByPhase[name] = to.requests - from.requests;
  });
  const { calls, answered, degraded, failed, unanswered, maxWaiting, sent, waits } = tally;
  return {
    calls,
    answered,
    degraded,
    failed,
    unanswered,
    waits: {
      p50: measure(waits, 0.5),
      p99: measure(waits, 0.99),
      longest: measure(waits, 1),
    },
    maxWaiting,
    sent,
    upstream: {
      requests: total('requests'),
      requestsByPhase,
      connections: total('connections'),
    },
  };
}

/** Counts of the pipeline's events. */
export interface EventCounts {
  attempts: number;
  retries: number;
  timeouts: number;
  fallbacks: number;
}

export function pipelineResult(
  events: EventCounts,
  log: BreakerLog,
  endMs: number,
): PipelineResult {
  return {
    ...events,
    breaker: { openMs: rounded(log.timeIn('open', 0, endMs)), opened: log.times('open') },
  };
}
