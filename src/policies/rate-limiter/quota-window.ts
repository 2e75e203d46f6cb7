/** Nanoseconds in a millisecond: waits are whole nanoseconds. */
const NS = 1e6;

/** Less than this is left of a window only by rounding. */
const ROUNDING_MS = 0.5 / NS;

/** What is left of a quota in a window. */
export class QuotaWindow {
  left = Infinity;
  until = -Infinity;
  /** What was taken up to this place is counted elsewhere. */
  #from = 0;

  /** It holds so much until then, without what was taken up to this place. */
  begin(left: number, until: number, place: number): void {
    this.left = left;
    this.until = until;
    this.#from = place;
  }

  isOver(nowMs: number): boolean {
    return nowMs + ROUNDING_MS >= this.until;
  }

  /** What was taken at this place was more or less than was thought. */
  correct(more: number, place: number): void {
    // A window gets nothing back that another one has lost.
    if (more > 0 || place > this.#from) this.left -= more;
  }

  /** Milliseconds until so much can be used, if a later window holds `limit` and takes `windowMs`. */
  waitFor(count: number, limit: number, windowMs: number, nowMs: number): number {
    const missing = count - this.left;
    if (missing <= 0) return 0;
    // What is owed ends with the window.
    const later = missing + Math.min(0, this.left);
    const windows = Math.ceil(later / limit) || 1;
    return inNs(this.until - nowMs + (windows - 1) * windowMs);
  }
}

export function inNs(ms: number): number {
  return Math.round(ms * NS) / NS;
}
