/** How a call ended. */
export type CallEnd = 'answered' | 'failed';

/** A call that has begun. */
export interface OpenCall {
  readonly dueMs: number;
}

/** What happened in one slice of time. */
export interface Slice {
  /** Calls made. */
  made: number;
  /** Answers that came. */
  answered: number;
  /** Calls made in this slice that were answered, whenever the answer came. */
  served: number;
  /** Requests that left for the upstream. */
  sent: number;
  /** The most requests seen in the upstream's queue. */
  queued: number;
}

/** The length of a slice. */
export const SLICE_MS = 100;

const NOTHING: Readonly<Slice> = { made: 0, answered: 0, served: 0, sent: 0, queued: 0 };

/** Counts the calls of one side. It has no clock: its caller passes the time. */
export class Tally {
  calls = 0;
  answered = 0;
  failed = 0;
  /** Requests sent to the upstream. */
  sent = 0;
  /** Requests in the upstream's queue when it was last seen. */
  queued = 0;
  maxQueued = 0;
  readonly slices: Slice[] = [];
  #waiting = 0;
  #closed = false;

  /** Calls that have not ended. */
  get waiting(): number {
    return this.#waiting;
  }

  begin(dueMs: number): OpenCall {
    this.calls += 1;
    this.#waiting += 1;
    this.#sliceAt(dueMs).made += 1;
    return { dueMs };
  }

  /** To be called once for each call. */
  end({ dueMs }: OpenCall, how: CallEnd, nowMs: number): void {
    if (this.#closed) return;
    this.#waiting -= 1;
    this[how] += 1;
    if (how === 'failed') return;
    this.#sliceAt(nowMs).answered += 1;
    this.#sliceAt(dueMs).served += 1;
  }

  /** A request leaves for the upstream. */
  send(nowMs: number): void {
    if (this.#closed) return;
    this.sent += 1;
    this.#sliceAt(nowMs).sent += 1;
  }

  /** Records the length of the upstream's queue. */
  seeQueue(length: number, nowMs: number): void {
    if (this.#closed) return;
    this.queued = length;
    this.maxQueued = Math.max(this.maxQueued, length);
    this.#sliceAt(nowMs);
  }

  /** Stops counting. Calls that have not ended stay `waiting`. */
  close(): void {
    this.#closed = true;
  }

  #sliceAt(ms: number): Slice {
    const index = Math.max(0, Math.floor(ms / SLICE_MS));
    while (this.slices.length <= index) {
      this.slices.push({ ...NOTHING, queued: this.queued });
    }
    const slice = this.slices[index] as Slice;
    slice.queued = Math.max(slice.queued, this.queued);
    return slice;
  }
}

/** What happened in the slices that begin from `fromMs` to before `toMs`. */
export function sumSlices(slices: readonly Slice[], fromMs: number, toMs: number): Slice {
  const total: Slice = { ...NOTHING };
  const end = Math.min(slices.length, Math.ceil(toMs / SLICE_MS));
  for (let index = Math.max(0, Math.ceil(fromMs / SLICE_MS)); index < end; index += 1) {
    const slice = slices[index] as Slice;
    total.made += slice.made;
    total.answered += slice.answered;
    total.served += slice.served;
    total.sent += slice.sent;
    total.queued = Math.max(total.queued, slice.queued);
  }
  return total;
}

/** What happened in the last second, up to the last slice that is over. */
export function lastSecond(slices: readonly Slice[], nowMs: number): Slice {
  const end = Math.floor(nowMs / SLICE_MS) * SLICE_MS;
  return sumSlices(slices, end - 1_000, end);
}
