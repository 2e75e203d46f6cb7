import { mark } from '../../copies.js';
import { BulkheadFullError } from '../../errors.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Admission, Call, Gate } from '../../pipeline/contract/policy.js';
import type { Refusals } from '../../pipeline/contract/refusals.js';
import type { RefusedCall, StraightHalf } from '../../pipeline/contract/straight-half.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { formatDuration } from '../../time/duration.js';
import type { Named } from '../named.js';
import { RankedQueue } from '../priority/ranked-queue.js';
import { PLAIN_RANK } from '../priority/shares.js';
import { SlotHolders } from '../priority/slot-holders.js';
import type { WaitingCall } from '../priority/waiting-call.js';
import { stopClock, waitIn, waitingCall } from '../priority/waiting-call.js';
import type { Waiter } from '../wait-queue.js';
import type { BulkheadOptions, ResolvedBulkhead } from './options.js';
import { resolveBulkhead } from './options.js';

/**
 * Bounds how many calls are inside at once, so that one slow upstream cannot take all of a service's resources.
 * Excess calls wait in a bounded queue, the more important ones in front, or are refused with a {@link BulkheadFullError}.
 *
 * A call holds its slot until the operation really settles, even after a timeout gave up on it. So `maxConcurrent` bounds real
 * work.
 *
 * @throws ConfigError when an option is wrong.
 */
export function bulkhead<const Name extends string = 'bulkhead'>(
  options?: BulkheadOptions & Named<Name>,
): BulkheadPolicy<NoInfer<Name>> {
  return new BulkheadPolicy<Name>(resolveBulkhead(options));
}

/** What a bulkhead is doing now. */
export interface BulkheadSnapshot {
  /** Slots taken. */
  readonly inFlight: number;
  /** Calls that wait for a slot. */
  readonly queued: number;
  /** All slots. */
  readonly maxConcurrent: number;
}

/** A call in the queue. */
interface Place extends WaitingCall {
  /** Identifies when it was let in. */
  stamp: object | undefined;
}

/** Made by {@link bulkhead}. */
export class BulkheadPolicy<Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(BulkheadPolicy, 'bulkhead');

  readonly role = 'gate';
  readonly type = 'bulkhead';
  readonly name: Name | undefined;
  readonly holds: boolean;
  readonly quiet = true;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  readonly #options: ResolvedBulkhead;
  readonly #maxConcurrent: number;
  readonly #holders = new SlotHolders();
  readonly #queue = new RankedQueue<Place>((which) =>
    this.#holders.holdsLess(which, this.#inFlight, this.#maxConcurrent),
  );
  readonly #fullMessage: string;
  #inFlight = 0;
  /** The current stamp. Calls with another one were let in before the last start over. `undefined` until the first: calls need none. */
  #stamp: object | undefined;

  /** @internal Use {@link bulkhead}. */
  constructor(options: ResolvedBulkhead) {
    this.#options = options;
    const { maxConcurrent, maxQueued } = options;
    this.#maxConcurrent = maxConcurrent;
    const queue = maxQueued === 0 ? '' : ` and all places in the queue (maxQueued: ${maxQueued})`;
    this.#fullMessage = `all slots (maxConcurrent: ${maxConcurrent})${queue} are taken`;
    this.name = options.name as Name | undefined;
    this.holds = !options.releaseOnAbandon;
    this.failureRule = options.failureRule;
  }

  get refusals(): Refusals {
    return { reasons: [BulkheadFullError.reason], enforced: !this.#options.dryRun, limit: true };
  }

  enter(call: Call): Admission | Promise<Admission> {
    // No slot stays free while a call waits, so a call that finds one does not jump the queue.
    if (this.#inFlight < this.#maxConcurrent) {
      this.#take(call);
      if (this.#stamp !== undefined) call.state = this.#stamp;
      return undefined;
    }
    const { dryRun, maxQueued } = this.#options;
    if (dryRun) return this.#admitOverLimit(call);
    if (this.#queue.length < maxQueued) return this.#wait(call);
    const displaced = this.#queue.displace(call);
    if (displaced === undefined) return this.#full(call);
    stopClock(displaced);
    // Its place is taken first, because whoever hears of that may make calls.
    const wait = this.#wait(call);
    this.#turnAway(displaced, 'a more important call took its place in the queue');
    return wait;
  }

  #full({ label, captureStack }: RefusedCall): BulkheadFullError {
    return new BulkheadFullError(`${label}: ${this.#fullMessage}`, { captureStack });
  }

  exit(call: Call, _outcome: Outcome): void {
    const { state } = call;
    if (state !== this.#stamp && stampIn(state) !== this.#stamp) return;
    this.#inFlight--;
    if (call.traits !== undefined) this.#holders.count(call.rank, -1);
    this.#serve();
  }

  /** @internal */
  straight(): StraightHalf {
    const exit = (): boolean => {
      if (this.#stamp !== undefined) return false;
      this.#inFlight--;
      if (this.#queue.length > 0) this.#serve();
      return true;
    };
    return {
      seat: 'slot',
      enter: () => {
        if (this.#inFlight >= this.#maxConcurrent || this.#stamp !== undefined) return false;
        this.#inFlight++;
        return true;
      },
      exit,
      fail: exit,
      refuse: (about) => {
        const { dryRun, maxQueued } = this.#options;
        const free = this.#inFlight < this.#maxConcurrent;
        const hasPlace = this.#queue.length < maxQueued || this.#queue.yieldsTo(PLAIN);
        return free || dryRun || hasPlace ? undefined : this.#full(about);
      },
    };
  }

  leave(call: Call): void {
    const waiter = call.state as Waiter<Place>;
    if (this.#queue.leave(waiter)) stopClock(waiter.item);
    // It has a slot: once it hears of that, it gives it back.
    else waiter.item.own?.hear();
  }

  /** @internal */
  onDeadline(waiter: Waiter<Place>): void {
    waiter.item.deadline = undefined;
    this.#queue.leave(waiter);
    const waited = formatDuration(this.#options.maxWait as number);
    this.#turnAway(waiter.item, `no slot came free within ${waited}`);
    waiter.item.own?.hear();
  }

  /** What it is doing now, as plain JSON. */
  snapshot(): BulkheadSnapshot {
    return {
      inFlight: this.#inFlight,
      queued: this.#queue.length,
      maxConcurrent: this.#maxConcurrent,
    };
  }

  measure(): PolicyMeasures {
    return {
      inFlight: this.#inFlight,
      queued: this.#queue.length,
      limit: this.#maxConcurrent,
    };
  }

  /** Frees all slots and gives them to the calls that wait. */
  startOver(): void {
    this.#stamp = {};
    this.#inFlight = 0;
    this.#holders.clear();
    this.#serve();
  }

  fork(): BulkheadPolicy<Name> {
    return new BulkheadPolicy(this.#options);
  }

  busy(): boolean {
    return this.#inFlight > 0;
  }

  #wait(call: Call): Promise<Admission> {
    const place: Place = { ...waitingCall(call), stamp: undefined };
    return waitIn(this.#queue, place, call, this.#options.maxWait, this, () => this.#serve());
  }

  #serve(): void {
    while (this.#inFlight < this.#maxConcurrent) {
      const place = this.#queue.shift();
      if (place === undefined) break;
      // Take the slot here, before the waiter runs: no other call can come in between.
      this.#take(place);
      stopClock(place);
      place.stamp = this.#stamp;
      place.admit(undefined);
    }
  }

  #take(call: Call | Place): void {
    this.#inFlight++;
    if (call.traits !== undefined) this.#holders.count(call.rank, 1);
  }

  #turnAway({ admit, label, captureStack }: Place, why: string): void {
    admit(new BulkheadFullError(`${label}: ${why}`, { captureStack }));
  }

  /** The calls over the limit are those that would wait: as many as the queue has places. */
  #admitOverLimit(call: Call): undefined {
    const waiting = this.#inFlight - this.#maxConcurrent;
    this.#take(call);
    if (this.#stamp !== undefined) call.state = this.#stamp;
    if (waiting >= this.#options.maxQueued) call.wouldReject(BulkheadFullError.reason);
  }
}

const PLAIN = { rank: PLAIN_RANK };

/** The stamp of a call that came through the queue. */
function stampIn(state: unknown): object | undefined {
  return (state as Partial<Waiter<Place>> | undefined)?.item?.stamp;
}
