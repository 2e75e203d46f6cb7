/** How a call looks to the one who made it. */
export type CallEnd = 'answered' | 'degraded' | 'failed';

/** A call that has begun. */
export interface OpenCall {
  readonly dueMs: number;
}

/** What happened in one slice of time. */
export interface Slice {
  answered: number;
  degraded: number;
  failed: number;
  /** Requests that left for the upstream. */
  sent: number;
  /** The most that waited at the same time. */
  waiting: number;
  /** The longest wait that ended, in milliseconds. */
  longestMs: number;
}

/** A wait of one caller: how long, and whether it had come to its end. */
export interface Wait {
  readonly ms: number;
  readonly ended: boolean;
}

/** Slices are this long. */
export const SLICE_MS = 100;

const EMPTY: Readonly<Slice> = {
  answered: 0,
  degraded: 0,
  failed: 0,
  sent: 0,
  waiting: 0,
  longestMs: 0,
};

/** Counts the calls of one side. Has no clock: whoever calls it says when. */
export class Tally {
  calls = 0;
  answered = 0;
  degraded = 0;
  /** Those that never ended included. */
  failed = 0;
  /** Calls that had no answer when the tally was closed. */
  unanswered = 0;
  /** Requests sent to the upstream. */
  sent = 0;
  maxWaiting = 0;
  readonly waits: Wait[] = [];
  readonly slices: Slice[] = [];
  readonly #open = new Set<OpenCall>();
  #closed = false;

  get waiting(): number {
    return this.#open.size;
  }

  /** A call begins; its wait is measured from when it was due. */
  begin(dueMs: number): OpenCall {
    const call: OpenCall = { dueMs };
    this.#open.add(call);
    this.calls += 1;
    this.maxWaiting = Math.max(this.maxWaiting, this.#open.size);
    this.#sliceAt(dueMs);
    return call;
  }

  end(call: OpenCall, how: CallEnd, nowMs: number): void {
    if (this.#closed || !this.#open.has(call)) return;
    const slice = this.#sliceAt(nowMs);
    this.#open.delete(call);
    this[how] += 1;
    const ms = nowMs - call.dueMs;
    slice[how] += 1;
    slice.longestMs = Math.max(slice.longestMs, ms);
    this.waits.push({ ms, ended: true });
  }

  /** A request leaves for the upstream. */
  send(nowMs: number): void {
    if (this.#closed) return;
    this.sent += 1;
    this.#sliceAt(nowMs).sent += 1;
  }

  /** The longest wait among the calls that ended from `fromMs` to `nowMs` and those that still wait. */
  longestWait(fromMs: number, nowMs: number): number {
    // Calls begin in the order in which they are due, and a set keeps that order.
    const [oldest] = this.#open;
    const open = oldest === undefined ? 0 : nowMs - oldest.dueMs;
    return Math.max(open, sumSlices(this.slices, fromMs, nowMs).longestMs);
  }

  /** Keeps the slices going while nothing happens. */
  tick(nowMs: number): void {
    if (!this.#closed) this.#sliceAt(nowMs);
  }

  /** Nobody waits any longer: what is still open has failed. */
  close(nowMs: number): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { dueMs } of this.#open) this.waits.push({ ms: nowMs - dueMs, ended: false });
    this.unanswered = this.#open.size;
    this.failed += this.#open.size;
    this.#open.clear();
  }

  #sliceAt(ms: number): Slice {
    const index = Math.max(0, Math.floor(ms / SLICE_MS));
    while (this.slices.length <= index) {
      this.slices.push({ ...EMPTY, waiting: this.#open.size });
    }
    const slice = this.slices[index] as Slice;
    slice.waiting = Math.max(slice.waiting, this.#open.size);
    return slice;
  }
}

/** A measured time; `atLeast` when calls that never ended could still have made it longer. */
export interface Measured {
  readonly ms: number;
  readonly atLeast: boolean;
}

/**
 * The wait that this share of the calls did not exceed (nearest rank). A call that never ended counts with the time it
 * had waited, which is less than the truth; from the first of them on, the figure is a lower bound.
 */
export function quantile(waits: readonly Wait[], share: number): Measured | undefined {
  const sorted = [...waits].sort((a, b) => a.ms - b.ms);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  const at = sorted[rank - 1];
  if (at === undefined) return undefined;
  return { ms: at.ms, atLeast: sorted.some(({ ms, ended }) => !ended && ms <= at.ms) };
}

/** What happened in the slices from `fromMs` to `toMs`. */
export function sumSlices(slices: readonly Slice[], fromMs: number, toMs: number): Slice {
  const total: Slice = { ...EMPTY };
  const end = Math.min(slices.length, Math.ceil(toMs / SLICE_MS));
  for (let index = Math.max(0, Math.floor(fromMs / SLICE_MS)); index < end; index += 1) {
    const slice = slices[index] as Slice;
    total.answered += slice.answered;
    total.degraded += slice.degraded;
    total.failed += slice.failed;
    total.sent += slice.sent;
    total.waiting = Math.max(total.waiting, slice.waiting);
    total.longestMs = Math.max(total.longestMs, slice.longestMs);
  }
  return total;
}

/** What happened in the last second, to the last slice that is over. */
export function lastSecond(slices: readonly Slice[], nowMs: number): Slice {
  const end = Math.floor(nowMs / SLICE_MS) * SLICE_MS;
  return sumSlices(slices, end - 1_000, end);
}
