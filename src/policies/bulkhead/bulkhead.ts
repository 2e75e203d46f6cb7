import { mark } from '../../copies.js';
import { BulkheadFullError } from '../../errors.js';
import type { Admission, Call, Gate } from '../../pipeline/contract.js';
import type { PolicyMeasures } from '../../pipeline/observer.js';
import type { Outcome } from '../../pipeline/outcome.js';
import type { Refusals } from '../../pipeline/refusals.js';
import type { Deadline } from '../../time/deadline-queue.js';
import { formatDuration } from '../../time/duration.js';
import type { OwnRequest } from '../in-own-request.js';
import { inOwnRequest } from '../in-own-request.js';
import type { Waiter } from '../wait-queue.js';
import { WaitQueue } from '../wait-queue.js';
import type { BulkheadOptions, ResolvedBulkhead } from './options.js';
import { resolveBulkhead } from './options.js';

/**
 * Bounds how many calls are inside at once, so that one slow upstream cannot take all of a service's resources.
 * Excess calls wait in a bounded queue or are refused with a {@link BulkheadFullError}.
 *
 * A slot is held until the operation really settles, also after a timeout gave up on it: `maxConcurrent` bounds real
 * work.
 *
 * @throws ConfigError when an option is wrong.
 */
export function bulkhead(options?: BulkheadOptions): BulkheadPolicy {
  return new BulkheadPolicy(resolveBulkhead(options));
}

/** What a bulkhead is doing now. */
export interface BulkheadSnapshot {
  /** Slots taken. */
  readonly inFlight: number;
  /** Calls that wait for one. */
  readonly queued: number;
  /** Slots in all. */
  readonly maxConcurrent: number;
}

/** A call in the queue. */
interface Place {
  admit: (admission: Admission) => void;
  /** Where another request may have let it in. */
  own: OwnRequest<Admission> | undefined;
  readonly label: string;
  readonly captureStack: boolean;
  deadline: Deadline | undefined;
  /** Of when it was let in. */
  stamp: object | undefined;
}

/** Made by {@link bulkhead}. */
export class BulkheadPolicy implements Gate {
  static {
    mark(BulkheadPolicy, 'bulkhead');
  }

  readonly role = 'gate';
  readonly type = 'bulkhead';
  readonly name: string | undefined;
  readonly holds: boolean;
  readonly quiet = true;
  readonly #options: ResolvedBulkhead;
  readonly #maxConcurrent: number;
  readonly #queue = new WaitQueue<Place>();
  readonly #fullMessage: string;
  #inFlight = 0;
  /** Calls that have another one were let in before it last started over. `undefined` until it does: then calls need none. */
  #stamp: object | undefined;

  /** @internal Use {@link bulkhead}. */
  constructor(options: ResolvedBulkhead) {
    this.#options = options;
    const { maxConcurrent, maxQueued } = options;
    this.#maxConcurrent = maxConcurrent;
    const queue = maxQueued === 0 ? '' : ` and all places in the queue (maxQueued: ${maxQueued})`;
    this.#fullMessage = `all slots (maxConcurrent: ${maxConcurrent})${queue} are taken`;
    this.name = options.name;
    this.holds = !options.releaseOnAbandon;
  }

  get refusals(): Refusals {
    return { reasons: [BulkheadFullError.reason], enforced: !this.#options.dryRun, limit: true };
  }

  enter(call: Call): Admission | Promise<Admission> {
    // A free slot is never left while somebody waits, so whoever finds one is not jumping the queue.
    if (this.#inFlight < this.#maxConcurrent) {
      this.#inFlight++;
      if (this.#stamp !== undefined) call.state = this.#stamp;
      return undefined;
    }
    const { dryRun, maxQueued } = this.#options;
    if (dryRun) return this.#admitOverLimit(call);
    if (this.#queue.length < maxQueued) return this.#wait(call);
    const { label, captureStack } = call;
    return new BulkheadFullError(`${label}: ${this.#fullMessage}`, { captureStack });
  }

  exit(call: Call, _outcome: Outcome): void {
    const { state } = call;
    if (state !== this.#stamp && stampIn(state) !== this.#stamp) return;
    this.#inFlight--;
    this.#serve();
  }

  leave(call: Call): void {
    const waiter = call.state as Waiter<Place>;
    if (this.#queue.leave(waiter)) this.#stopClock(waiter.item);
    // It has a slot: once it hears of that, it gives it back.
    else waiter.item.own?.hear();
  }

  /** @internal */
  onDeadline(waiter: Waiter<Place>): void {
    waiter.item.deadline = undefined;
    this.#queue.leave(waiter);
    const { admit, own, label, captureStack } = waiter.item;
    const waited = formatDuration(this.#options.maxWait as number);
    admit(new BulkheadFullError(`${label}: no slot came free within ${waited}`, { captureStack }));
    own?.hear();
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

  /** All slots are free, and those that wait get them. */
  startOver(): void {
    this.#stamp = {};
    this.#inFlight = 0;
    this.#serve();
  }

  fork(): BulkheadPolicy {
    return new BulkheadPolicy(this.#options);
  }

  busy(): boolean {
    return this.#inFlight > 0;
  }

  #wait(call: Call): Promise<Admission> {
    return new Promise((admit) => {
      const { label, captureStack } = call;
      const place: Place = {
        admit,
        own: undefined,
        label,
        captureStack,
        deadline: undefined,
        stamp: undefined,
      };
      const waiter = this.#queue.join(place);
      call.state = waiter;
      const { time } = call;
      if (time.bound) {
        place.own = inOwnRequest(time.clock, waiter, admit, () => this.#serve());
        place.admit = place.own.tell;
      }
      if (this.#options.maxWait !== undefined) {
        place.deadline = time.deadlines(this.#options.maxWait).add(this, waiter, 0);
      }
      if (call.listening) call.emit({ type: 'queued', queued: this.#queue.length });
    });
  }

  #serve(): void {
    while (this.#inFlight < this.#maxConcurrent) {
      const place = this.#queue.shift();
      if (place === undefined) break;
      // The slot is taken here and not when the waiter gets to run: nobody can come in between.
      this.#inFlight++;
      this.#stopClock(place);
      place.stamp = this.#stamp;
      place.admit(undefined);
    }
  }

  #stopClock(place: Place): void {
    if (place.deadline === undefined) return;
    place.deadline.queue.remove(place.deadline);
    place.deadline = undefined;
  }

  /** The calls over the limit are those that would wait, as many as there are places in the queue. */
  #admitOverLimit(call: Call): undefined {
    const waiting = this.#inFlight++ - this.#maxConcurrent;
    if (this.#stamp !== undefined) call.state = this.#stamp;
    if (waiting >= this.#options.maxQueued) call.wouldReject(BulkheadFullError.reason);
  }
}

/** The stamp of one that came through the queue. */
function stampIn(state: unknown): object | undefined {
  return (state as Partial<Waiter<Place>> | undefined)?.item?.stamp;
}
