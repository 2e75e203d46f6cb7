import { describe } from '../../config/describe.js';
import { ContractError, LimitExceededError } from '../../errors.js';
import type { Admission, Call, Gate } from '../../pipeline/contract.js';
import type { PolicyMeasures } from '../../pipeline/observer.js';
import type { Outcome } from '../../pipeline/outcome.js';
import type { Deadline } from '../../time/deadline-queue.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import { refusePromise } from '../at-once.js';
import type { Handle, Handles } from '../filter.js';
import { handlesOf } from '../filter.js';
import { OneClock } from '../one-clock.js';
import type { Waiter } from '../wait-queue.js';
import { AdaptiveLimit } from './limit.js';
import type { AdaptiveLimiterOptions, ResolvedAdaptiveLimiter } from './options.js';
import { resolveAdaptiveLimiter } from './options.js';
import { Patience } from './patience.js';
import { PriorityQueue } from './priority-queue.js';
import { elapsedMs, stampOf } from './stamp.js';

/**
 * Bounds how many calls are inside at once, as {@link bulkhead} does, by a limit that it finds itself: it lets more calls in while they stay
 * as quick as without load, and fewer when they begin to queue at the upstream. What is above the limit waits in a short queue
 * or is refused with a {@link LimitExceededError}.
 *
 * A slot is held until the operation really settles, also after a timeout gave up on it. Put a timeout inside it: its expiry is a sign
 * of overload, that of one outside says nothing.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * adaptiveLimiter({ maxLimit: 100, maxQueued: 50 })
 */
export function adaptiveLimiter(options?: AdaptiveLimiterOptions): AdaptiveLimiterPolicy {
  return new AdaptiveLimiterPolicy(resolveAdaptiveLimiter(options));
}

/** What an adaptive limiter is doing now. */
export interface AdaptiveLimiterSnapshot {
  /** How many calls may be inside now. */
  readonly limit: number;
  /** Calls inside; more than the limit for a while after it shrank. */
  readonly inFlight: number;
  /** Calls that wait. */
  readonly queued: number;
  /** How long it believes a call takes without load, in milliseconds; `undefined` until it knows, and with `aimd`. */
  readonly unloadedMs: number | undefined;
}

/** A call in the queue, or one that was. */
interface Place {
  readonly admit: (admission: Admission) => void;
  readonly pipeline: string;
  readonly captureStack: boolean;
  readonly time: TimeSource;
  readonly level: number;
  readonly maxWaitMs: number;
  deadline: Deadline | undefined;
  /** When it got its slot. */
  startedAt: number;
}

/** Made by {@link adaptiveLimiter}. */
export class AdaptiveLimiterPolicy implements Gate {
  readonly role = 'gate';
  readonly type = 'adaptive_limiter';
  readonly name: string | undefined;
  readonly holds: boolean;
  readonly #options: ResolvedAdaptiveLimiter;
  readonly #handles: Handles;
  readonly #limit: AdaptiveLimit;
  readonly #queue = new PriorityQueue<Place>();
  readonly #patience: Patience;
  readonly #time = new OneClock('adaptiveLimiter', 'limiter');
  #inFlight = 0;
  /** A call has found no slot since one last came in. */
  #missed = false;

  /** @internal Use {@link adaptiveLimiter}. */
  constructor(options: ResolvedAdaptiveLimiter) {
    this.#options = options;
    this.#handles = handlesOf(options.handle, isTimeout);
    this.#limit = new AdaptiveLimit(options);
    this.#patience = new Patience(options.maxWait);
    this.name = options.name;
    this.holds = !options.releaseOnAbandon;
  }

  /** @throws ConfigError when its pipelines have different clocks. */
  bind(time: TimeSource): void {
    this.#time.bind(time);
  }

  enter(call: Call): Admission | Promise<Admission> {
    // A free slot is never left while somebody waits, so whoever finds one is not jumping the queue.
    if (this.#inFlight < this.#limit.current) return this.#admit(call);
    const { dryRun, maxQueued } = this.#options;
    if (dryRun) return this.#admitOverLimit(call);
    this.#missed = true;
    return maxQueued > 0 ? this.#enterQueue(call) : this.#refuse(call);
  }

  exit(call: Call, outcome: Outcome): void {
    try {
      // A call that was given up or refused says nothing of the upstream, and one that failed by itself says nothing of its load.
      const overload = this.#handles(outcome);
      if (overload || outcome.kind === 'success') {
        this.#limit.sample(latencyOf(call), this.#inFlightOrLimit, overload);
      }
    } finally {
      this.#inFlight--;
      this.#serve();
    }
  }

  leave(call: Call): void {
    const waiter = call.state as Waiter<Place>;
    if (this.#queue.leave(waiter)) stopClock(waiter.item);
  }

  /** @internal */
  onDeadline(waiter: Waiter<Place>): void {
    const { item } = waiter;
    this.#queue.leave(waiter);
    turnAway(item, `no slot came free within ${formatDuration(item.maxWaitMs)}`);
  }

  /** What it is doing now, as plain JSON. */
  snapshot(): AdaptiveLimiterSnapshot {
    return {
      limit: this.#limit.current,
      inFlight: this.#inFlight,
      queued: this.#queue.length,
      unloadedMs: this.#limit.unloadedMs,
    };
  }

  measure(): PolicyMeasures {
    return {
      inFlight: this.#inFlight,
      queued: this.#queue.length,
      limit: this.#limit.current,
    };
  }

  fork(): AdaptiveLimiterPolicy {
    return new AdaptiveLimiterPolicy(this.#options);
  }

  /** @internal One with the same options, and this where it does not say itself how it handles outcomes. */
  derive(handle: Handle): AdaptiveLimiterPolicy {
    return new AdaptiveLimiterPolicy({ ...this.#options, handle: this.#options.handle ?? handle });
  }

  busy(): boolean {
    return this.#inFlight > 0;
  }

  /** Of calls that end together only the first sees all slots taken; what they had been is the same for all. */
  get #inFlightOrLimit(): number {
    return this.#missed ? Math.max(this.#inFlight, this.#limit.current) : this.#inFlight;
  }

  #admit(call: Call): undefined {
    this.#inFlight++;
    this.#missed = false;
    call.state = stampOf(call.time.now());
    return undefined;
  }

  /** The calls over the limit are those that would wait, as many as there are places in the queue. */
  #admitOverLimit(call: Call): undefined {
    const waiting = this.#inFlight - this.#limit.current;
    this.#admit(call);
    if (waiting >= this.#options.maxQueued) call.wouldReject(LimitExceededError.reason);
  }

  #enterQueue(call: Call): Admission | Promise<Admission> {
    const level = levelOf(this.#options.priority);
    // That was the user's code, which may have ended calls.
    if (this.#inFlight < this.#limit.current) return this.#admit(call);
    if (this.#queue.length >= this.#options.maxQueued) {
      const displaced = this.#queue.displace(level);
      if (displaced === undefined) return this.#refuse(call);
      stopClock(displaced);
      turnAway(displaced, 'a more important call took its place in the queue');
    }
    return this.#wait(call, level);
  }

  #wait(call: Call, level: number): Promise<Admission> {
    return new Promise((admit) => {
      const { pipeline, captureStack, time } = call;
      const queue = this.#queue;
      const maxWaitMs = this.#patience.of(time.now(), queue.length, queue.isNext(level));
      const waiter = queue.join({
        admit,
        pipeline,
        captureStack,
        time,
        level,
        maxWaitMs,
        deadline: undefined,
        startedAt: 0,
      });
      call.state = waiter;
      waiter.item.deadline = time.deadlines(maxWaitMs).add(this, waiter, 0);
      if (call.listening) call.emit({ type: 'queued', queued: queue.length });
    });
  }

  #refuse({ pipeline, captureStack }: Call): LimitExceededError {
    const { maxQueued } = this.#options;
    const queue = maxQueued === 0 ? '' : `, and all places in the queue (maxQueued: ${maxQueued})`;
    const message = `${pipeline}: all slots (limit now: ${this.#limit.current})${queue} are taken`;
    return new LimitExceededError(message, { captureStack });
  }

  /** Lets in those who wait, as far as the limit allows: it may have grown, or shrunk below what is in flight. */
  #serve(): void {
    while (this.#inFlight < this.#limit.current) {
      const place = this.#queue.shift();
      if (place === undefined) break;
      // The slot is taken here and not when the waiter gets to run: nobody can come in between.
      this.#inFlight++;
      this.#missed = false;
      stopClock(place);
      place.startedAt = stampOf(place.time.now());
      place.admit(undefined);
    }
  }
}

function isTimeout({ kind }: Outcome): boolean {
  return kind === 'timeout';
}

function latencyOf({ state, time }: Call): number {
  const startedAt = typeof state === 'number' ? state : (state as Waiter<Place>).item.startedAt;
  return elapsedMs(startedAt, time.now());
}

function levelOf(priority: (() => number) | undefined): number {
  if (priority === undefined) return 0;
  const level: unknown = priority();
  if (typeof level === 'number' && !Number.isNaN(level)) return level;
  refusePromise(level, 'priority returned a promise: it must return a number at once');
  throw new ContractError(`priority must return a number (returned ${describe(level)})`);
}

/** For one that has just left the queue: its deadline has not passed. */
function stopClock({ deadline }: Place): void {
  deadline?.queue.remove(deadline);
}

function turnAway({ admit, pipeline, captureStack }: Place, why: string): void {
  admit(new LimitExceededError(`${pipeline}: ${why}`, { captureStack }));
}
