import type { BlockedTime } from '../../time/blocks.js';

/** What is left of the longest wait in a standing queue: CoDel drops what waits for more than 5% of its interval. */
const SHARE = 1 / 20;

/** The share of its caller's time that a call may wait for a slot. The rest has to suffice for the call itself. */
const MOST_OF_TIME = 0.45;

/**
 * How long a call may wait for a slot. A queue that is soon empty again absorbs a burst, which is good. A standing queue only makes
 * every call late. Once it has not been empty for as long as a call may wait, new calls may wait for a twentieth of that. Then most are
 * refused almost at once, and the served ones are served soon. A call that is next, because no waiting call is
 * as important, is not late.
 *
 * This is controlled delay in the form that Facebook uses for its servers: 100 ms at best, and 5 ms while the queue has not been
 * empty for 100 ms.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8289
 * @see https://queue.acm.org/detail.cfm?id=2839461 Maurer: Fail at scale, 2015
 */
export class Patience {
  readonly #maxWaitMs: number;
  #standsSince = 0;

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * For a call that comes at `nowMs` and finds `queued` others waiting. `isNext`: it will be served before all of them.
   *
   * @param leftMs How much time its caller has left: it waits for no more than {@link MOST_OF_TIME} of it.
   */
  of(
    nowMs: number,
    queued: number,
    isNext: boolean,
    leftMs: number,
    blocked?: BlockedTime,
  ): number {
    if (queued === 0) this.#standsSince = nowMs;
    const mostMs =
      leftMs * MOST_OF_TIME <= this.#maxWaitMs ? stepOf(leftMs * MOST_OF_TIME) : this.#maxWaitMs;
    const since = this.#standsSince;
    const stands = (blocked?.elapsed(since, nowMs) ?? nowMs - since) >= mostMs;
    return stands && !isNext ? mostMs * SHARE : mostMs;
  }
}

/** In steps of about a tenth: waits of the same length share a timer. */
function stepOf(ms: number): number {
  if (ms <= 1) return 1;
  const step = 10 ** Math.floor(Math.log10(ms)) / 4;
  return Math.max(1, Math.floor(ms / step) * step);
}
