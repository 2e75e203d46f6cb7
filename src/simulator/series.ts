import type { Run } from './run.js';
import { sumOf } from './tally.js';

/** What happened in each second of a run. The n-th number of each list belongs to the second that begins n seconds after the start. */
export interface Series {
  /** Calls made. */
  readonly calls: readonly number[];
  /** Share of them that got a true answer in time; `null` in a second without calls. */
  readonly goodput: readonly (number | null)[];
  /** Calls that a policy refused. */
  readonly refused: readonly number[];
  /** Requests sent to the upstream. */
  readonly requests: readonly number[];
  /** Requests in the upstream's queues at the end of the second. */
  readonly queued: readonly number[];
  /** Clients whose circuit breaker is not closed at the end of the second. */
  readonly open: readonly number[];
  /** The mean limit of the adaptive limiters at the end of the second. `null` where there is none. */
  readonly limit: readonly (number | null)[];
}

/** Makes the series of a run, for the seconds in which calls arrive. */
export function seriesOf({ scenario, slices, samples }: Run): Series {
  const seconds = Array.from({ length: Math.ceil(scenario.arrivals / 1_000) }, (_, i) =>
    sumOf(slices, i * 1_000, (i + 1) * 1_000),
  );
  const states = samples.slice(0, seconds.length);
  return {
    calls: seconds.map(({ calls }) => calls),
    goodput: seconds.map(({ good, calls }) => (calls === 0 ? null : good / calls)),
    refused: seconds.map(({ refused }) => refused),
    requests: seconds.map(({ requests }) => requests),
    queued: states.map(({ queued }) => queued),
    open: states.map(({ open }) => open),
    limit: states.map(({ limit }) => (Number.isNaN(limit) ? null : limit)),
  };
}
