import type { UpstreamStats } from '../../testing/upstream-counts.js';
import type { Phase } from './phases.js';
import { type Recovery, recoveriesOf } from './recovery.js';
import type { Tally } from './tally.js';
import { LIMIT_MS } from './ways.js';

/** The name of a side, and its counts. */
export interface Entrant {
  readonly name: string;
  readonly tally: Tally;
}

/** The counts of one side of the demo. */
export interface SideResult {
  readonly name: string;
  /** How the side came back from each trigger. */
  readonly recoveries: readonly Recovery[];
  /** Calls that the client made. `answered + failed + waiting = calls`. */
  readonly calls: number;
  /** Answered by the upstream, in time. */
  readonly answered: number;
  readonly failed: number;
  /** Neither answered nor failed when the demo ended. */
  readonly waiting: number;
  /** Requests handed to `fetch`. */
  readonly sent: number;
  /** From the upstream's own counters. */
  readonly upstream: {
    readonly requests: number;
    /** Requests in each phase that was entered. The last phase also has those that came after it. */
    readonly requestsByPhase: readonly number[];
    /** Requests worked on for callers who were gone. */
    readonly wasted: number;
    /** The longest queue seen. */
    readonly maxQueued: number;
    readonly connections: number;
  };
}

/** Everything the demo counted. Plain JSON. */
export interface DemoResult {
  readonly seed: number;
  readonly rate: number;
  readonly seconds: number;
  /** How long it ran, including the wait for the last calls. */
  readonly ranMs: number;
  readonly interrupted: boolean;
  readonly phases: readonly Omit<Phase, 'behaviour'>[];
  readonly sides: readonly SideResult[];
}

/** How the demo was run. */
export type Run = Omit<DemoResult, 'phases' | 'sides'> & { readonly phases: readonly Phase[] };

/**
 * Makes the result that is shown at the end.
 *
 * @param counts For each side: the counts of its upstream at the beginning of each phase that was entered, and at the end.
 */
export function resultOf(
  run: Run,
  entrants: readonly Entrant[],
  counts: readonly (readonly UpstreamStats[])[],
): DemoResult {
  return {
    ...run,
    ranMs: rounded(run.ranMs),
    phases: run.phases.map(({ behaviour: _, ...phase }) => ({
      ...phase,
      startMs: rounded(phase.startMs),
      endMs: rounded(phase.endMs),
    })),
    sides: entrants.map((entrant, index) => sideResult(run, entrant, counts[index] ?? [])),
  };
}

function sideResult(
  { phases, interrupted, ranMs }: Run,
  { name, tally }: Entrant,
  counts: readonly UpstreamStats[],
): SideResult {
  // The upstream also counted the calls of the warm-up, before its first phase. They are left out.
  const total = (key: 'requests' | 'wasted' | 'connections'): number =>
    (counts.at(-1)?.[key] ?? 0) - (counts[0]?.[key] ?? 0);
  const { calls, answered, failed, waiting, sent, maxQueued } = tally;
  return {
    name,
    recoveries: recoveriesOf(phases, tally.slices, interrupted ? ranMs : Infinity, LIMIT_MS),
    calls,
    answered,
    failed,
    waiting,
    sent,
    upstream: {
      requests: total('requests'),
      requestsByPhase: counts
        .slice(1)
        .map(({ requests }, index) => requests - (counts[index]?.requests ?? 0)),
      wasted: total('wasted'),
      maxQueued,
      connections: total('connections'),
    },
  };
}

/** Rounds to tenths of a millisecond. The rest is noise. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
