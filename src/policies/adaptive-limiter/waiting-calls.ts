import { describe } from '../../config/describe.js';
import { ContractError, LimitExceededError } from '../../errors.js';
import type { Priority } from '../../pipeline/contract/call-traits.js';
import { priorities, rankOf } from '../../pipeline/contract/call-traits.js';
import type { Admission, Call } from '../../pipeline/contract/policy.js';
import { refusePromise } from '../../pipeline/outcome/refuse-promise.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Ranked } from '../priority/ranked-queue.js';
import { RankedQueue } from '../priority/ranked-queue.js';
import { classOf } from '../priority/shares.js';
import type { WaitingCall } from '../priority/waiting-call.js';
import { stopClock, waitIn, waitingCall } from '../priority/waiting-call.js';
import type { Waiter } from '../wait-queue.js';
import type { ResolvedAdaptiveLimiter } from './options.js';
import { Patience } from './patience.js';

/** A call that is or was in the queue. */
export interface Place extends WaitingCall {
  readonly level: number;
  readonly time: TimeSource;
  readonly maxWaitMs: number;
  /** The time at which its caller's time is over. */
  readonly callDeadlineMs: number;
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
  readonly #queue: RankedQueue<Place>;
  #patience: Patience;

  /**
   * @param serve Lets calls in that wait although a slot is free.
   * @param changed A call has begun to wait, or no longer waits.
   * @param mayHaveTurn See {@link RankedQueue}.
   */
  constructor(
    options: ResolvedAdaptiveLimiter,
    serve: (time: TimeSource) => void,
    changed: (time: TimeSource) => void,
    mayHaveTurn: (which: number) => boolean,
  ) {
    this.#options = options;
    this.#serve = serve;
    this.#changed = changed;
    this.#queue = new RankedQueue(mayHaveTurn);
    this.#patience = new Patience(options.maxWait);
  }

  get length(): number {
    return this.#queue.length;
  }

  /** How important a call is. If it does not say, the user is asked. That may end other calls. */
  rankNow({ rank, traits }: Call): Required<Omit<Ranked, 'cost'>> {
    const { priority } = this.#options;
    if (priority === undefined || traits?.priority !== undefined) return { rank, level: 0 };
    const said: unknown = priority();
    if (typeof said === 'number' && !Number.isNaN(said)) return { rank, level: said };
    if (said === undefined) return { rank, level: 0 };
    if (priorities.includes(said as Priority)) {
      // Odd ranks are those of first attempts.
      return { rank: rankOf(said as Priority, rank % 2 === 1), level: 0 };
    }
    refusePromise(said, 'priority returned a promise: it must return a class or a number at once');
    throw new ContractError(`${PRIORITY} (returned ${describe(said)})`);
  }

  /** Lets a call wait, if need be in place of a less important one. `undefined` if all places are taken. */
  join(
    call: Call,
    ranked: Required<Omit<Ranked, 'cost'>>,
    nowMs: number,
  ): Promise<Admission> | undefined {
    if (this.#queue.length >= this.#options.maxQueued) {
      const displaced = this.#queue.displace(ranked);
      if (displaced === undefined) return undefined;
      stopClock(displaced);
      turnAway(displaced, 'a more important call took its place in the queue');
    }
    const { time, deadline: callDeadlineMs } = call;
    const { rank, level } = ranked;
    const queue = this.#queue;
    const isNext = queue.isNext(ranked);
    const maxWaitMs = this.#patience.of(
      { nowMs, which: classOf(rank), best: queue.bestClass, isNext },
      callDeadlineMs - nowMs,
      time,
    );
    const place: Place = {
      ...{ ...waitingCall(call), rank, level, time, maxWaitMs, callDeadlineMs },
      stay: 0,
      stamp: undefined,
    };
    const wait = waitIn(queue, place, call, maxWaitMs, this, () => this.#serve(time));
    this.#changed(time);
    return wait;
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

const PRIORITY = `priority must return one of ${priorities.join(', ')}, a number, or undefined`;

function turnAway({ admit, label, captureStack }: Place, why: string): void {
  admit(new LimitExceededError(`${label}: ${why}`, { captureStack }));
}
