import { describe } from '../../config/describe.js';
import { mark } from '../../copies.js';
import { ContractError, LimitExceededError } from '../../errors.js';
import { refusePromise } from '../../pipeline/at-once.js';
import type { Admission, Call, Gate } from '../../pipeline/contract.js';
import type { FailureRule } from '../../pipeline/failure-rule.js';
import type { PolicyMeasures } from '../../pipeline/observer.js';
import type { Outcome } from '../../pipeline/outcome.js';
import type { Refusals } from '../../pipeline/refusals.js';
import type { Deadline } from '../../time/deadline-queue.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Handles, Verdicts } from '../filter.js';
import { verdictsOf } from '../filter.js';
import type { OwnRequest } from '../in-own-request.js';
import { inOwnRequest } from '../in-own-request.js';
import { OneClock } from '../one-clock.js';
import { isQuiet } from '../quiet.js';
import type { Waiter } from '../wait-queue.js';
import { KeptSlots } from './brake/kept-slots.js';
import type { AdaptiveLimiterOptions, ResolvedAdaptiveLimiter } from './options.js';
import { resolveAdaptiveLimiter } from './options.js';
import { Patience } from './patience.js';
import { PriorityQueue } from './priority-queue.js';
import type { Ending, Regulator } from './regulator.js';
import { regulatorOf } from './regulator.js';

/**
 * Keeps an overloaded upstream from being buried: it lets every call in while calls are useful to their callers. When most of the
 * last ones were useless (timed out, answered "too busy", or longer than half of the time their caller has), it cuts the calls in flight to
 * about half at once, and lets more in with each useful answer. What is above the limit waits in a short queue or is refused
 * with a {@link LimitExceededError}.
 *
 * Put it inside a timeout for the whole call, which says how much time a caller has. A slot is held until the operation really
 * settles, also after a timeout gave up on it.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * pipeline('inventory', timeout('1s'), retry(), adaptiveLimiter())
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
  /** Slots that are kept for a while, because the upstream may still work on calls that were given up. */
  readonly kept: number;
  /** How long it believes a call takes without load, in milliseconds; `undefined` until it knows, and with `brake` and `aimd`. */
  readonly unloadedMs: number | undefined;
}

/** A call in the queue, or one that was. */
interface Place {
  admit: (admission: Admission) => void;
  /** Where another request may have let it in. */
  own: OwnRequest<Admission> | undefined;
  readonly label: string;
  readonly captureStack: boolean;
  readonly time: TimeSource;
  readonly level: number;
  readonly maxWaitMs: number;
  /** When its caller's time is over. */
  readonly callDeadlineMs: number;
  /** When it has waited for too long. */
  deadline: Deadline | undefined;
  /** What the regulator keeps for it, once it has a slot. */
  stay: number;
  /** Of when it got it. */
  stamp: object | undefined;
}

/** What is kept for a call that did not wait, once the limiter has started over. */
interface Admitted {
  readonly item: { stay: number; readonly stamp: object | undefined };
}

/** Made by {@link adaptiveLimiter}. */
export class AdaptiveLimiterPolicy implements Gate {
  static {
    mark(AdaptiveLimiterPolicy, 'adaptive_limiter');
  }

  readonly role = 'gate';
  readonly type = 'adaptive_limiter';
  readonly name: string | undefined;
  readonly holds: boolean;
  readonly quiet: boolean;
  readonly #options: ResolvedAdaptiveLimiter;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  /** Whether an outcome is a sign of overload. */
  readonly #says: Verdicts;
  /** Whether the pipelines of its calls are to be asked what an outcome is. */
  #asks = false;
  #regulator: Regulator;
  readonly #queue = new PriorityQueue<Place>();
  #patience: Patience;
  readonly #time = new OneClock('adaptiveLimiter', 'limiter');
  /** Slots whose calls were given up. */
  #kept = new KeptSlots();
  /** Armed while somebody waits for a kept slot. */
  #keptTimer: unknown;
  #keptTimerAt = Infinity;
  #inFlight = 0;
  /** A call has found no slot since one last came in: how often the limit had been let go then. */
  #missed = NOT_MISSED;
  /** Calls that have another one were let in before it last started over. `undefined` until it does: then calls need none. */
  #stamp: object | undefined;

  /** @internal Use {@link adaptiveLimiter}. */
  constructor(options: ResolvedAdaptiveLimiter) {
    this.#options = options;
    this.failureRule = options.failureRule;
    this.#says =
      options.handle === undefined ? (options.isOverload ?? isTimeout) : verdictsOf(options.handle);
    this.#regulator = regulatorOf(options);
    this.#patience = new Patience(options.maxWait);
    this.name = options.name;
    this.quiet = isQuiet(options);
    this.holds = !options.releaseOnAbandon;
  }

  /** @throws ConfigError when its pipelines have different clocks. */
  bind(time: TimeSource, hasRule?: boolean): void {
    this.#time.bind(time);
    if (hasRule === true && this.#options.handle === undefined) this.#asks = true;
  }

  get refusals(): Refusals {
    return { reasons: [LimitExceededError.reason], enforced: !this.#options.dryRun, limit: true };
  }

  enter(call: Call): Admission | Promise<Admission> {
    const { time } = call;
    const regulator = this.#regulator;
    let deadline = Infinity;
    let now: number;
    if (regulator.movesWithTime) {
      deadline = call.roughDeadline;
      now = regulator.timeOf(time, deadline);
      if (this.#kept.count > 0) this.#kept.release(now);
      regulator.look(now, this.#inFlightOrLimit);
      if (this.#isOwed) this.#serve(time);
    } else {
      now = time.now();
    }
    // No free slot is left while somebody waits, so whoever finds one is not jumping the queue.
    if (this.#taken < regulator.current) return this.#admit(call, now, deadline);
    const { dryRun, maxQueued } = this.#options;
    if (dryRun) return this.#admitOverLimit(call, now, deadline);
    this.#missed = regulator.letGoes;
    return maxQueued > 0 ? this.#enterQueue(call, now, deadline) : this.#refuse(call);
  }

  exit(call: Call, outcome: Outcome): void {
    if (stampIn(call.state) !== this.#stamp) return;
    let ending: Ending = outcome.kind;
    let isOverload = false;
    try {
      if (this.#asks) ending = endingOf(call, outcome);
      if (ending !== 'ignored') {
        const said = this.#says(outcome);
        if (said === 'ignore') ending = 'ignored';
        else isOverload = said;
      }
    } finally {
      const { time } = call;
      if (this.#kept.count > 0) this.#kept.release(time.now());
      const inFlight = this.#inFlightOrLimit;
      const keptMs = this.#regulator.end(stayOf(call), time, inFlight, ending, isOverload);
      this.#inFlight--;
      if (keptMs > 0 && !this.#options.dryRun) this.#kept.add(time.now() + keptMs);
      if (this.#queue.length > 0) this.#serve(time);
    }
  }

  /** @internal The time that it takes to send a body depends on its length more than on the upstream. */
  sending(_call: Call, state: unknown): void {
    if (stampIn(state) !== this.#stamp) return;
    this.#regulator.pause(stayIn(state));
  }

  /** @internal */
  sent(call: Call, state: unknown, deadlineMs: number, extraMs: number): unknown {
    if (stampIn(state) !== this.#stamp) return state;
    const startedAt = call.time.now() + extraMs;
    const stay = this.#regulator.resume(stayIn(state), startedAt, deadlineMs);
    if (typeof state === 'number') return stay;
    (state as Admitted).item.stay = stay;
    return state;
  }

  leave(call: Call): void {
    const waiter = call.state as Waiter<Place>;
    if (!this.#queue.leave(waiter)) {
      // It has a slot: once it hears of that, it gives it back.
      waiter.item.own?.hear();
      return;
    }
    stopClock(waiter.item);
    this.#armKept(waiter.item.time);
  }

  /** @internal */
  onDeadline(waiter: Waiter<Place>): void {
    const { item } = waiter;
    this.#queue.leave(waiter);
    this.#armKept(item.time);
    turnAway(item, `no slot came free within ${formatDuration(item.maxWaitMs)}`);
    item.own?.hear();
  }

  /** What it is doing now, as plain JSON. */
  snapshot(): AdaptiveLimiterSnapshot {
    this.#advance(this.#time.source.now());
    return {
      limit: this.#regulator.current,
      inFlight: this.#inFlight,
      queued: this.#queue.length,
      kept: this.#kept.count,
      unloadedMs: this.#regulator.unloadedMs,
    };
  }

  measure(nowMs: number): PolicyMeasures {
    this.#advance(nowMs);
    const limit = this.#regulator.current;
    const { minLimit, maxLimit } = this.#options;
    // One that cannot move has no floor.
    const atFloor = limit <= minLimit && minLimit < maxLimit;
    return { inFlight: this.#inFlight, queued: this.#queue.length, limit, atFloor };
  }

  /** Its limit is as at first, all slots are free, and those that wait get them. */
  startOver(): void {
    this.#stamp = {};
    this.#regulator = regulatorOf(this.#options);
    this.#patience = new Patience(this.#options.maxWait);
    this.#kept = new KeptSlots();
    this.#inFlight = 0;
    this.#missed = NOT_MISSED;
    // Also when nobody waits: it takes back the timer.
    this.#serve(this.#time.source);
  }

  fork(): AdaptiveLimiterPolicy {
    return new AdaptiveLimiterPolicy(this.#options);
  }

  /** @internal One with the same options, and this where it does not say itself which outcomes are signs of overload. */
  derive(isOverload: Handles, failureRule?: FailureRule): AdaptiveLimiterPolicy {
    return new AdaptiveLimiterPolicy({ ...this.#options, isOverload, failureRule });
  }

  /** While it brakes, that must not be forgotten. */
  busy(): boolean {
    this.#advance(this.#time.source.now());
    return this.#taken > 0 || this.#queue.length > 0 || this.#regulator.remembers;
  }

  /** Takes note of the time, for whoever asks between calls. */
  #advance(nowMs: number): void {
    this.#kept.release(nowMs);
    this.#regulator.advance(nowMs);
    if (this.#isOwed) this.#serve(this.#time.source);
  }

  /** Somebody waits for a slot that is free. */
  get #isOwed(): boolean {
    return this.#queue.length > 0 && this.#taken < this.#regulator.current;
  }

  get #taken(): number {
    return this.#inFlight + this.#kept.count;
  }

  /** Of calls that end together only the first sees all slots taken; what they had been is the same for all. */
  get #inFlightOrLimit(): number {
    const taken = this.#taken;
    if (this.#missed === NOT_MISSED || this.#missed !== this.#regulator.letGoes) return taken;
    return Math.max(taken, this.#regulator.current);
  }

  #admit(call: Call, now: number, deadline: number): undefined {
    this.#inFlight++;
    if (this.#missed !== NOT_MISSED) this.#missed = NOT_MISSED;
    const stay = this.#regulator.begin(now, deadline);
    call.state = this.#stamp === undefined ? stay : { item: { stay, stamp: this.#stamp } };
    return undefined;
  }

  /** The calls over the limit are those that would wait, as many as there are places in the queue. */
  #admitOverLimit(call: Call, now: number, deadline: number): undefined {
    const waiting = this.#taken - this.#regulator.current;
    this.#admit(call, now, deadline);
    if (waiting >= this.#options.maxQueued) call.wouldReject(LimitExceededError.reason);
  }

  #enterQueue(call: Call, now: number, deadline: number): Admission | Promise<Admission> {
    const level = levelOf(this.#options.priority);
    // That was the user's code, which may have ended calls.
    if (this.#taken < this.#regulator.current) return this.#admit(call, now, deadline);
    if (this.#queue.length >= this.#options.maxQueued) {
      const displaced = this.#queue.displace(level);
      if (displaced === undefined) return this.#refuse(call);
      stopClock(displaced);
      turnAway(displaced, 'a more important call took its place in the queue');
    }
    return this.#wait(call, level, now);
  }

  #wait(call: Call, level: number, now: number): Promise<Admission> {
    return new Promise((admit) => {
      const { label, captureStack, time, deadline: callDeadlineMs } = call;
      const queue = this.#queue;
      const isNext = queue.isNext(level);
      const maxWaitMs = this.#patience.of(now, queue.length, isNext, callDeadlineMs - now);
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
      this.#armKept(time);
      if (call.listening) call.emit({ type: 'queued', queued: queue.length });
    });
  }

  #refuse({ label, captureStack }: Call): LimitExceededError {
    const { maxLimit, maxQueued } = this.#options;
    const queue = maxQueued === 0 ? '' : `, and all places in the queue (maxQueued: ${maxQueued})`;
    const message = `${label}: all slots (limit now: ${this.#regulator.current}, maxLimit: ${maxLimit})${queue} are taken`;
    return new LimitExceededError(message, { captureStack });
  }

  /** Lets in those who wait, as far as the limit allows: it may have grown, or shrunk below what is in flight. */
  #serve(time: TimeSource): void {
    const now = time.now();
    this.#kept.release(now);
    while (this.#taken < this.#regulator.current) {
      const place = this.#queue.shift();
      if (place === undefined) break;
      // The slot is taken here and not when the waiter gets to run: nobody can come in between.
      this.#inFlight++;
      this.#missed = NOT_MISSED;
      stopClock(place);
      place.stay = this.#regulator.begin(now, place.callDeadlineMs);
      place.stamp = this.#stamp;
      place.admit(undefined);
    }
    this.#armKept(time);
  }

  /** Nobody calls when a kept slot becomes free. So whoever waits for one needs a timer; an idle limiter has none. */
  #armKept(time: TimeSource): void {
    const at = this.#queue.length > 0 ? this.#kept.nextAt : Infinity;
    if (at === this.#keptTimerAt || time.bound) return;
    const { clock } = time;
    if (this.#keptTimerAt < Infinity) clock.clearTimer(this.#keptTimer);
    this.#keptTimerAt = at;
    if (at === Infinity) return;
    this.#keptTimer = clock.setTimer(
      () => {
        this.#keptTimerAt = Infinity;
        this.#serve(time);
      },
      Math.max(0, Math.ceil(at - time.now())),
    );
  }
}

/** For {@link AdaptiveLimiterPolicy}: no call has found all slots taken. */
const NOT_MISSED = -1;

/** How a call ended, as its pipeline has it: a result may be a failure, an error a success, and either may say nothing. */
function endingOf(call: Call, outcome: Outcome): Ending {
  const said = call.isFailure(outcome);
  if (said === undefined) return outcome.kind;
  if (said === 'ignore') return 'ignored';
  return said ? 'failure' : 'success';
}

function isTimeout({ kind }: Outcome): boolean {
  return kind === 'timeout';
}

/** What the regulator keeps for a call: where it put it, or in its place in the queue. */
function stayOf({ state }: Call): number {
  return stayIn(state);
}

function stayIn(state: unknown): number {
  return typeof state === 'number' ? state : (state as Admitted).item.stay;
}

function stampIn(state: unknown): object | undefined {
  return typeof state === 'number' ? undefined : (state as Admitted).item.stamp;
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

function turnAway({ admit, label, captureStack }: Place, why: string): void {
  admit(new LimitExceededError(`${label}: ${why}`, { captureStack }));
}
