import type { BreakerState } from '../../pipeline/events.js';

/** A change of the breaker's state. */
export interface Change {
  readonly atMs: number;
  readonly to: BreakerState;
}

/** Which state the breaker was in at which time. Closed at first. */
export class BreakerLog {
  readonly changes: Change[] = [];

  get state(): BreakerState {
    return this.changes.at(-1)?.to ?? 'closed';
  }

  add(change: Change): void {
    this.changes.push(change);
  }

  /** How long it was in `state` from `fromMs` to `toMs`. */
  timeIn(state: BreakerState, fromMs: number, toMs: number): number {
    let total = 0;
    let since = 0;
    let current: BreakerState = 'closed';
    for (const { atMs, to } of [...this.changes, { atMs: toMs, to: undefined }]) {
      if (current === state) total += Math.max(0, Math.min(atMs, toMs) - Math.max(since, fromMs));
      since = atMs;
      current = to ?? current;
    }
    return total;
  }

  /** How often it went to `state`. */
  times(state: BreakerState): number {
    return this.changes.filter(({ to }) => to === state).length;
  }
}
