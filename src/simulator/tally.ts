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
  readonly samples: Sample[] = [];
  /** How long the good calls took, in milliseconds. */
  readonly latencies: number[] = [];

  slice(atMs: number): Slice {
    const index = Math.floor(atMs / SLICE_MS);
    while (this.slices.length <= index) {
      this.slices.push({ calls: 0, good: 0, refused: 0, requests: 0 });
    }
    return this.slices[index] as Slice;
  }
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
