import { mark } from '../../copies.js';
import { LimitExceededError } from '../../errors.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Admission, Call, Gate } from '../../pipeline/contract/policy.js';
import type { Refusals } from '../../pipeline/contract/refusals.js';
import type {
  StraightEntrant,
  StraightHalf,
  StraightPlace,
} from '../../pipeline/contract/straight-half.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome, OutcomeKind } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import type { PolicyRules } from '../client-rules.js';
import type { Verdicts } from '../filter.js';
import { verdictsOf } from '../filter.js';
import type { Named } from '../named.js';
import { OneClock } from '../one-clock.js';
import { isOwnDelay } from '../own-delay.js';
import { SlotHolders } from '../priority/slot-holders.js';
import { isQuiet } from '../quiet.js';
import { isSuperseded } from '../superseded.js';
import type { Waiter } from '../wait-queue.js';
import { admittedAs, rankIn, stampIn, stayIn, withStay } from './admitted.js';
import { KeptSlots } from './brake/kept-slots.js';
import { regulatorOf } from './choose-regulator.js';
import type { AdaptiveLimiterOptions, ResolvedAdaptiveLimiter } from './options.js';
import { resolveAdaptiveLimiter } from './options.js';
import type { Ending, Regulator } from './regulator.js';
import { SlotAlarm } from './slot-alarm.js';
import type { Place } from './waiting-calls.js';
import { WaitingCalls } from './waiting-calls.js';

/**
 * Keeps an overloaded upstream from being buried. It lets every call in while calls are useful to their callers. A call is useless when it
 * times out, is answered "too busy", or takes longer than half of the time its caller has. When most of the last calls were useless, it
 * cuts the calls in flight to about half at once, and lets more in with each useful answer. Calls above the limit wait in a short queue, or
 * are refused with a {@link LimitExceededError}.
 *
 * Put it inside a timeout for the whole call, which says how much time a caller has. A call holds its slot until the operation really
 * settles, even after a timeout gave up on it.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * pipeline('inventory', timeout('1s'), retry(), adaptiveLimiter())
 */
export function adaptiveLimiter<const Name extends string = 'adaptive_limiter'>(
  options?: AdaptiveLimiterOptions & Named<Name>,
): AdaptiveLimiterPolicy<NoInfer<Name>> {
  return new AdaptiveLimiterPolicy<Name>(resolveAdaptiveLimiter(options));
}

/** What an adaptive limiter is doing now. */
export interface AdaptiveLimiterSnapshot {
  /** How many calls may be inside now. */
  readonly limit: number;
  /** Calls inside. They may be more than the limit for a while after it shrank. */
  readonly inFlight: number;
  /** Calls that wait. */
  readonly queued: number;
  /** Slots of calls that were given up, kept for a while because the upstream may still work on them. */
  readonly kept: number;
  /** Its estimate of how long a call takes without load, in milliseconds. `undefined` until it has one, and with `brake` and `aimd`. */
  readonly unloadedMs: number | undefined;
}

/** Made by {@link adaptiveLimiter}. */
export class AdaptiveLimiterPolicy<Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(AdaptiveLimiterPolicy, 'adaptive_limiter');

  readonly role = 'gate';
  readonly type = 'adaptive_limiter';
  readonly name: Name | undefined;
  readonly holds: boolean;
  readonly quiet: boolean;
  readonly #options: ResolvedAdaptiveLimiter;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  /** Whether an outcome is a sign of overload. */
  readonly #says: Verdicts;
  /** Whether to ask the calls' pipelines what an outcome is. */
  #asks = false;
  #regulator: Regulator;
  readonly #waiting: WaitingCalls;
  readonly #time = new OneClock('adaptiveLimiter', 'limiter');
  /** Slots of calls that were given up. */
  #kept = new KeptSlots();
  readonly #alarm: SlotAlarm;
  #inFlight = 0;
  readonly #holders = new SlotHolders();
  /** Set when a call has found no slot since one last came in: how often the limit had been released by then. */
  #missed = NOT_MISSED;
  /** The current stamp. Calls with another one were let in before the last start over. `undefined` until the first: calls need none. */
  #stamp: object | undefined;

  /** @internal Use {@link adaptiveLimiter}. */
  constructor(options: ResolvedAdaptiveLimiter) {
    this.#options = options;
    this.failureRule = options.failureRule;
    this.#says =
      options.handle === undefined ? (options.isOverload ?? isTimeout) : verdictsOf(options.handle);
    this.#regulator = regulatorOf(options);
    const serve = (time: TimeSource): void => this.#serve(time);
    this.#alarm = new SlotAlarm(serve);
    this.#waiting = new WaitingCalls(
      options,
      serve,
      (time) => this.#setAlarm(time),
      (which) => this.#holders.holdsLess(which, this.#inFlight, this.#regulator.current),
    );
    this.name = options.name as Name | undefined;
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
      regulator.look(now, this.#inFlightOrLimit, time);
      if (this.#isOwed) this.#serve(time);
    } else {
      now = time.now();
    }
    // No slot stays free while a call waits, so a call that finds one does not jump the queue.
    if (this.#taken < regulator.current) return this.#admit(call, now, deadline);
    const { dryRun, maxQueued } = this.#options;
    if (dryRun) return this.#admitOverLimit(call, now, deadline);
    this.#missed = regulator.letGoes;
    return maxQueued > 0 ? this.#enterQueue(call, now, deadline) : this.#refuse(call);
  }

  exit(call: Call, outcome: Outcome): void {
    if (stampIn(call.state) !== this.#stamp) return;
    let ending: Ending = isSuperseded(outcome) ? 'superseded' : outcome.kind;
    let isOverload = false;
    try {
      if (isOwnDelay(outcome)) ending = 'ignored';
      else if (this.#asks && outcome.kind !== 'cancelled') ending = endingOf(call, outcome);
      if (ending !== 'ignored') {
        const said = this.#says(outcome);
        if (said === 'ignore') ending = 'ignored';
        else isOverload = said;
      }
    } finally {
      const { time } = call;
      if (this.#kept.count > 0) this.#kept.release(time.now());
      const inFlight = this.#inFlightOrLimit;
      const keptMs = this.#regulator.end(stayIn(call.state), time, inFlight, ending, isOverload);
      this.#inFlight--;
      const rank = rankIn(call.state);
      if (rank !== undefined) this.#holders.count(rank, -1);
      if (keptMs > 0 && !this.#options.dryRun) this.#kept.add(time.now() + keptMs);
      if (this.#waiting.length > 0) this.#serve(time);
    }
  }

  /** @internal */
  straight({ time, take, outside, sureSuccess }: StraightPlace): StraightHalf | undefined {
    const { handle, isOverload, sureSuccess: own } = this.#options;
    // Only results that are successes by its own rules leave by the path.
    const trusts = sureSuccess !== undefined && own === sureSuccess;
    const isAsked = handle !== undefined || isOverload !== undefined;
    if ((isAsked && !trusts) || !take('limiterSlot')) return undefined;
    const deadlineOf = nearestOf(outside);
    const end = (call: StraightEntrant, kind: OutcomeKind): boolean => {
      this.#regulator.end(call.limiterSlot, time, this.#inFlightOrLimit, kind, false);
      this.#inFlight--;
      return true;
    };
    return {
      enter: (call) => {
        if (this.#isSpecial) return false;
        const regulator = this.#regulator;
        const deadline = regulator.movesWithTime ? deadlineOf(call) : Infinity;
        const now = regulator.timeOf(time, deadline);
        regulator.look(now, this.#inFlightOrLimit, time);
        if (this.#inFlight >= regulator.current) return false;
        call.limiterSlot = this.#take(now, deadline);
        return true;
      },
      exit: (call) => {
        if (this.#isSpecial || (this.#asks && !trusts)) return false;
        return end(call, 'success');
      },
      fail: (call, { kind }) => {
        // The slot of a call that took too long may be kept.
        if (kind === 'timeout' || this.#isSpecial || this.#asks || isAsked) return false;
        return end(call, kind);
      },
      stateOf: ({ limiterSlot }) => limiterSlot,
    };
  }

  /** Whether a slot is kept, a call waits, or the limiter has started over. */
  get #isSpecial(): boolean {
    return this.#kept.count > 0 || this.#waiting.length > 0 || this.#stamp !== undefined;
  }

  /** @internal How long sending a body takes depends on its length more than on the upstream. */
  sending(_call: Call, state: unknown): void {
    if (stampIn(state) !== this.#stamp) return;
    this.#regulator.pause(stayIn(state));
  }

  /** @internal */
  sent(call: Call, state: unknown, deadlineMs: number, extraMs: number): unknown {
    if (stampIn(state) !== this.#stamp) return state;
    const startedAt = call.time.now() + extraMs;
    const stay = this.#regulator.resume(stayIn(state), startedAt, deadlineMs);
    return withStay(state, stay);
  }

  leave(call: Call): void {
    this.#waiting.leave(call.state as Waiter<Place>);
  }

  /** What it is doing now, as plain JSON. */
  snapshot(): AdaptiveLimiterSnapshot {
    this.#advance(this.#time.source.now());
    return {
      limit: this.#regulator.current,
      inFlight: this.#inFlight,
      queued: this.#waiting.length,
      kept: this.#kept.count,
      unloadedMs: this.#regulator.unloadedMs,
    };
  }

  measure(nowMs: number): PolicyMeasures {
    this.#advance(nowMs);
    const limit = this.#regulator.current;
    const { minLimit, maxLimit } = this.#options;
    // A limit that cannot move has no floor.
    const atFloor = limit <= minLimit && minLimit < maxLimit;
    return { inFlight: this.#inFlight, queued: this.#waiting.length, limit, atFloor };
  }

  /** Resets its limit, frees all slots, and gives them to the calls that wait. */
  startOver(): void {
    this.#stamp = {};
    this.#regulator = regulatorOf(this.#options);
    this.#waiting.startOver();
    this.#kept = new KeptSlots();
    this.#inFlight = 0;
    this.#holders.clear();
    this.#missed = NOT_MISSED;
    // Even when no call waits: this takes back the timer.
    this.#serve(this.#time.source);
  }

  fork(): AdaptiveLimiterPolicy<Name> {
    return new AdaptiveLimiterPolicy(this.#options);
  }

  /** @internal */
  withRules({ isOverload, sureSuccess }: PolicyRules): AdaptiveLimiterPolicy {
    return new AdaptiveLimiterPolicy({
      ...this.#options,
      isOverload,
      sureSuccess: sureSuccess(this.#options.handle),
    });
  }

  /** A limiter that brakes must not be forgotten. */
  busy(): boolean {
    this.#advance(this.#time.source.now());
    return this.#taken > 0 || this.#waiting.length > 0 || this.#regulator.remembers;
  }

  /** Updates the time, for readers between calls. */
  #advance(nowMs: number): void {
    this.#kept.release(nowMs);
    this.#regulator.advance(nowMs);
    if (this.#isOwed) this.#serve(this.#time.source);
  }

  /** Whether a call waits although a slot is free. */
  get #isOwed(): boolean {
    return this.#waiting.length > 0 && this.#taken < this.#regulator.current;
  }

  get #taken(): number {
    return this.#inFlight + this.#kept.count;
  }

  /** When calls end together, only the first sees all slots taken. All of them had been. */
  get #inFlightOrLimit(): number {
    const taken = this.#taken;
    if (this.#missed === NOT_MISSED || this.#missed !== this.#regulator.letGoes) return taken;
    return Math.max(taken, this.#regulator.current);
  }

  /** @param rank Its rank, if it is known. */
  #admit(
    call: Call,
    now: number,
    deadline: number,
    rank: number | undefined = call.traits && call.rank,
  ): undefined {
    call.state = admittedAs(this.#take(now, deadline), this.#stamp, rank);
    if (rank !== undefined) this.#holders.count(rank, 1);
    return undefined;
  }

  /** Takes a slot. Returns the regulator's state for the call. */
  #take(now: number, deadline: number): number {
    this.#inFlight++;
    if (this.#missed !== NOT_MISSED) this.#missed = NOT_MISSED;
    return this.#regulator.begin(now, deadline);
  }

  /** The calls over the limit are those that would wait: as many as the queue has places. */
  #admitOverLimit(call: Call, now: number, deadline: number): undefined {
    const waiting = this.#taken - this.#regulator.current;
    this.#admit(call, now, deadline);
    if (waiting >= this.#options.maxQueued) call.wouldReject(LimitExceededError.reason);
  }

  #enterQueue(call: Call, now: number, deadline: number): Admission | Promise<Admission> {
    const ranked = this.#waiting.rankNow(call);
    // That was user code. It may have ended calls.
    if (this.#taken < this.#regulator.current) return this.#admit(call, now, deadline, ranked.rank);
    return this.#waiting.join(call, ranked, now) ?? this.#refuse(call);
  }

  #refuse({ label, captureStack }: Call): LimitExceededError {
    const { maxLimit, maxQueued } = this.#options;
    const queue = maxQueued === 0 ? '' : `, and all places in the queue (maxQueued: ${maxQueued})`;
    const message = `${label}: all slots (limit now: ${this.#regulator.current}, maxLimit: ${maxLimit})${queue} are taken`;
    return new LimitExceededError(message, { captureStack });
  }

  /** Lets waiting calls in, as far as the limit allows. It may have grown, or shrunk below the calls in flight. */
  #serve(time: TimeSource): void {
    const now = time.now();
    this.#kept.release(now);
    while (this.#taken < this.#regulator.current) {
      const place = this.#waiting.shift();
      if (place === undefined) break;
      // Take the slot here, before the waiter runs: no other call can come in between.
      this.#inFlight++;
      this.#holders.count(place.rank, 1);
      this.#missed = NOT_MISSED;
      place.stay = this.#regulator.begin(now, place.callDeadlineMs);
      place.stamp = this.#stamp;
      place.admit(undefined);
    }
    this.#setAlarm(time);
  }

  #setAlarm(time: TimeSource): void {
    this.#alarm.set(this.#waiting.length > 0 ? this.#kept.nextAt : Infinity, time);
  }
}

/** For {@link AdaptiveLimiterPolicy}: no call has found all slots taken. */
const NOT_MISSED = -1;

/** How a call ended, as its pipeline judges it. A result may be a failure, an error a success, and either may say nothing. */
function endingOf(call: Call, outcome: Outcome): Ending {
  const said = call.isFailure(outcome);
  if (said === undefined) return outcome.kind;
  if (said === 'ignore') return 'ignored';
  return said ? 'failure' : 'success';
}

/** Finds the nearest deadline that the policies outside have set for a call. */
function nearestOf(outside: readonly StraightHalf[]): (call: StraightEntrant) => number {
  const [one, ...others] = outside.flatMap(({ roughDeadlineOf }) => roughDeadlineOf ?? []);
  if (one === undefined) return () => Infinity;
  if (others.length === 0) return one;
  return (call) => others.reduce((nearest, at) => Math.min(nearest, at(call)), one(call));
}

function isTimeout({ kind }: Outcome): boolean {
  return kind === 'timeout';
}
