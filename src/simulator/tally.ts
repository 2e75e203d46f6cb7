import type { Priority } from '../pipeline/contract/call-traits.js';

/** Length of a slice of time in which calls are counted together. */
export const SLICE_MS = 100;

/** What happened to the calls that were made within one slice. */
export interface Slice {
  /** Calls made. */
  calls: number;
  /** Those that got a true answer in time. */
  good: number;
  /** Those that a policy refused. */
  refused: number;
  /** Requests that were sent to the upstream. */
  requests: number;
}

/** The state of things at the end of a second. */
export interface Sample {
  /** Requests in the upstream's queues. */
  readonly queued: number;
  /** Clients whose circuit breaker is not closed. */
  readonly open: number;
  /** The mean limit of the clients that have an adaptive limiter; NaN without one. */
  readonly limit: number;
}

/** The counts of one run. */
export class Tally {
  readonly slices: Slice[] = [];
  /** The same for each class of calls, where there are classes. */
  readonly byPriority = new Map<Priority, Slice[]>();
  readonly samples: Sample[] = [];
  /** How long the good calls took, in milliseconds. */
  readonly latencies: number[] = [];
  /** When these calls were made. */
  readonly starts: number[] = [];

  /** Where to count what happens now to a call of a class: together with all others, and with its class. */
  slicesOf(atMs: number, priority: Priority | undefined): readonly Slice[] {
    const all = sliceAt(this.slices, atMs);
    if (priority === undefined) return [all];
    const own = this.byPriority.get(priority) ?? [];
    this.byPriority.set(priority, own);
    return [all, sliceAt(own, atMs)];
  }

  /** A call got a true answer in time. */
  answered(startMs: number, latencyMs: number): void {
    this.starts.push(startMs);
    this.latencies.push(latencyMs);
  }
}

function sliceAt(slices: Slice[], atMs: number): Slice {
  const index = Math.floor(atMs / SLICE_MS);
  while (slices.length <= index) slices.push({ calls: 0, good: 0, refused: 0, requests: 0 });
  return slices[index] as Slice;
}

/** The slices from `fromMs` to `toMs`, added up. */
export function sumOf(slices: readonly Slice[], fromMs: number, toMs: number): Slice {
  const sum: Slice = { calls: 0, good: 0, refused: 0, requests: 0 };
  const from = Math.round(fromMs / SLICE_MS);
  const to = Math.min(slices.length, Math.round(toMs / SLICE_MS));
  for (let i = from; i < to; i++) {
    const { calls, good, refused, requests } = slices[i] as Slice;
    sum.calls += calls;
    sum.good += good;
    sum.refused += refused;
    sum.requests += requests;
  }
  return sum;
}
