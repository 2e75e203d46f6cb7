import { describe } from '../../config/describe.js';
import { ContractError, LimitExceededError } from '../../errors.js';
import type { Admission, Call } from '../../pipeline/contract/policy.js';
import { refusePromise } from '../../pipeline/outcome/refuse-promise.js';
import type { Deadline } from '../../time/deadline-queue.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { OwnRequest } from '../in-own-request.js';
import { inOwnRequest } from '../in-own-request.js';
import type { Waiter } from '../wait-queue.js';
import type { ResolvedAdaptiveLimiter } from './options.js';
import { Patience } from './patience.js';
import { PriorityQueue } from './priority-queue.js';

/** A call that is or was in the queue. */
export interface Place {
  admit: (admission: Admission) => void;
  /** Where another request may have let it in. */
  own: OwnRequest<Admission> | undefined;
  readonly label: string;
  readonly captureStack: boolean;
  readonly time: TimeSource;
  readonly level: number;
  readonly maxWaitMs: number;
  /** The time at which its caller's time is over. */
  readonly callDeadlineMs: number;
  /** The time at which it has waited too long. */
  deadline: Deadline | undefined;
  /** The regulator's state for it, once it has a slot. */
  stay: number;
  /** Identifies when it got the slot. */
  stamp: object | undefined;
}

/** The calls that wait for a slot: in which order, for how long, and how their wait ends without one. */
export class WaitingCalls {
  readonly #options: ResolvedAdaptiveLimiter;
  readonly #serve: (time: TimeSource) => void;
  readonly #changed: (time: TimeSource) => void;
  readonly #queue = new PriorityQueue<Place>();
  #patience: Patience;

  /**
   * @param serve Lets calls in that wait although a slot is free.
   * @param changed A call has begun to wait, or no longer waits.
   */
  constructor(
    options: ResolvedAdaptiveLimiter,
    serve: (time: TimeSource) => void,
    changed: (time: TimeSource) => void,
  ) {
    this.#options = options;
    this.#serve = serve;
    this.#changed = changed;
    this.#patience = new Patience(options.maxWait);
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Asks the user how important a call is. That may end other calls. */
  levelNow(): number {
    const { priority } = this.#options;
    if (priority === undefined) return 0;
    const level: unknown = priority();
    if (typeof level === 'number' && !Number.isNaN(level)) return level;
    refusePromise(level, 'priority returned a promise: it must return a number at once');
    throw new ContractError(`priority must return a number (returned ${describe(level)})`);
  }

  /** Lets a call wait, if need be in place of a less important one. `undefined` if all places are taken. */
  join(call: Call, level: number, nowMs: number): Promise<Admission> | undefined {
    if (this.#queue.length >= this.#options.maxQueued) {
      const displaced = this.#queue.displace(level);
      if (displaced === undefined) return undefined;
      stopClock(displaced);
      turnAway(displaced, 'a more important call took its place in the queue');
    }
    return new Promise((admit) => {
      const { label, captureStack, time, deadline: callDeadlineMs } = call;
      const queue = this.#queue;
      const isNext = queue.isNext(level);
      const leftMs = callDeadlineMs - nowMs;
      const maxWaitMs = this.#patience.of(nowMs, queue.length, isNext, leftMs, time);
      const waiter = queue.join({
        admit,
        own: undefined,
        label,
        captureStack,
        time,
        level,
        maxWaitMs,
        callDeadlineMs,
        deadline: undefined,
        stay: 0,
        stamp: undefined,
      });
      call.state = waiter;
      if (time.bound) {
        const own = inOwnRequest(time.clock, waiter, admit, () => this.#serve(time));
        waiter.item.own = own;
        waiter.item.admit = own.tell;
      }
      waiter.item.deadline = time.deadlines(maxWaitMs).add(this, waiter, 0);
      this.#changed(time);
      if (call.listening) call.emit({ type: 'queued', queued: queue.length });
    });
  }

  /** Takes the call to serve next out of the queue. */
  shift(): Place | undefined {
    const place = this.#queue.shift();
    if (place !== undefined) stopClock(place);
    return place;
  }

  /** The call gives up. */
  leave(waiter: Waiter<Place>): void {
    const { item } = waiter;
    if (!this.#queue.leave(waiter)) {
      // It has a slot: once it hears of that, it gives it back.
      item.own?.hear();
      return;
    }
    stopClock(item);
    this.#changed(item.time);
  }

  /** It has waited too long. */
  onDeadline(waiter: Waiter<Place>): void {
    const { item } = waiter;
    this.#queue.leave(waiter);
    this.#changed(item.time);
    turnAway(item, `no slot came free within ${formatDuration(item.maxWaitMs)}`);
    item.own?.hear();
  }

  /** Forgets how long there has been a queue. */
  startOver(): void {
    this.#patience = new Patience(this.#options.maxWait);
  }
}

/** For a call that has just left the queue. Its deadline has not passed. */
function stopClock({ deadline }: Place): void {
  deadline?.queue.remove(deadline);
}

function turnAway({ admit, label, captureStack }: Place, why: string): void {
  admit(new LimitExceededError(`${label}: ${why}`, { captureStack }));
}
