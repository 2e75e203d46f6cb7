import { mark } from '../../copies.js';
import { RateLimitedError } from '../../errors.js';
import type { CorrectableCost } from '../../pipeline/contract/call-traits.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Admission, Call, Gate } from '../../pipeline/contract/policy.js';
import type { Refusals } from '../../pipeline/contract/refusals.js';
import type { StraightHalf, StraightPlace } from '../../pipeline/contract/straight-half.js';
import { isCorrectable } from '../../pipeline/options/call-options.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Named } from '../named.js';
import { OneClock } from '../one-clock.js';
import { RankedQueue } from '../priority/ranked-queue.js';
import type { WaitingCall } from '../priority/waiting-call.js';
import { stopClock, waitIn, waitingCall } from '../priority/waiting-call.js';
import { TokenBucket } from '../token-bucket.js';
import type { Waiter } from '../wait-queue.js';
import { costIn } from './call-cost.js';
import type { Learn } from './learn.js';
import type { RateLimiterOptions, ResolvedRateLimiter } from './options.js';
import { resolveRateLimiter } from './options.js';
import type { Spent } from './spent.js';
import type { QuotaReport, UpstreamQuota } from './upstream-quota.js';

/**
 * Bounds how many calls start in a period, to keep an upstream's quota. Excess calls wait up to `maxWait`, the more important ones in front, first
 * come, first served among equals, or are refused with a {@link RateLimitedError}. Its `retryAfter` is exactly the time until there is a permit.
 *
 * It is a token bucket: in any time t at most `burst` + t x `limit` / `per` calls start. Calls may have a cost (`execute(operation, { cost })`).
 * Then it is their cost that is bounded.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * rateLimiter({ limit: 100, per: '1s', maxWait: '200ms' })
 */
export function rateLimiter<const Name extends string = 'rate_limiter'>(
  options: RateLimiterOptions & Named<Name>,
): RateLimiterPolicy<NoInfer<Name>> {
  return new RateLimiterPolicy<Name>(resolveRateLimiter(options));
}

/** What a rate limiter is doing now. */
export interface RateLimiterSnapshot {
  /** Permits that can be taken now: calls that may start, if each takes one. */
  readonly available: number;
  /** Calls that wait for their turn. */
  readonly queued: number;
  /** What the upstream has told of its quota, less what was taken since: only with `learn`, and while something is known. */
  readonly upstream?: QuotaReport | undefined;
}

/** A call in the queue. It is given up at its deadline: more important calls may have come before it. */
interface Place extends WaitingCall {
  readonly policy: string;
  /** The latest time for its turn. */
  readonly until: number;
  readonly cost: number;
  admitted: boolean;
  /** What it has taken, if that may have to be corrected. */
  spent: Spent | undefined;
}

/** The reason to refuse a call that could never be let in. */
const TOO_DEAR = 'cost_above_burst';

/** How much later than `maxWait` a turn may come. Timers can be that late, and a call must not have waited in vain because of it. */
const LATE_MS = 1;

/** Made by {@link rateLimiter}. */
export class RateLimiterPolicy<Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(RateLimiterPolicy, 'rate_limiter');

  readonly role = 'gate';
  readonly type = 'rate_limiter';
  readonly name: Name | undefined;
  readonly quiet: boolean;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  readonly #options: ResolvedRateLimiter;
  #bucket: TokenBucket;
  readonly #burst: number;
  readonly #says: string;
  /** Set if it learns what the upstream leaves of its quota. */
  #quota: UpstreamQuota | undefined;
  readonly #time = new OneClock('rateLimiter', 'limiter');
  readonly #queue = new RankedQueue<Place>();
  /** Armed while calls wait. */
  #timer: unknown;
  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#serve();
  };

  /** @internal Use {@link rateLimiter}. */
  constructor(options: ResolvedRateLimiter) {
    const { limit, per, burst = limit, learn } = options;
    this.#options = options;
    this.#burst = burst;
    this.quiet = learn === undefined;
    this.failureRule = options.failureRule;
    this.#bucket = this.#full();
    this.#quota = this.#unknown();
    this.name = options.name as Name | undefined;
    this.#says = `limit: ${limit} per ${formatDuration(per)}, burst: ${burst}`;
  }

  bind(time: TimeSource): void {
    this.#time.bind(time);
  }

  get refusals(): Refusals {
    const reasons = [RateLimitedError.reason, TOO_DEAR];
    return { reasons, enforced: !this.#options.dryRun, limit: true };
  }

  enter(call: Call): Admission | Promise<Admission> {
    const cost = costIn(call) ?? this.#options.cost;
    const now = call.time.now();
    const { maxWait, dryRun } = this.#options;
    if (cost > this.#most(now)) {
      if (!dryRun) return this.#tooDear(call, cost, now);
      call.wouldReject(TOO_DEAR);
      return undefined;
    }
    const waitMs = this.#waitFor(cost, this.#ahead(call), now);
    // What takes nothing overtakes nobody.
    if ((waitMs === 0 && this.#queue.length === 0) || cost === 0) {
      call.state = this.#take(call, cost);
      return undefined;
    }
    // A call whose time will be over by then would wait in vain.
    const refused = waitMs > maxWait || now + waitMs > call.deadline;
    if (dryRun) {
      if (refused) call.wouldReject(RateLimitedError.reason, waitMs);
      // Calls that would wait take the tokens that they would wait for.
      else call.state = this.#take(call, cost);
      return undefined;
    }
    return refused ? this.#refusal(call, cost, now) : this.#wait(call, cost, now);
  }

  /** @internal */
  straight({ time }: StraightPlace): StraightHalf | undefined {
    if (!this.quiet) return undefined;
    const { cost } = this.#options;
    return {
      enter: () => {
        const bucket = this.#bucket;
        if (this.#queue.length > 0 || bucket.headroom !== undefined) return false;
        const now = time.recent();
        const isExact = time.lastReading === undefined;
        if (!isExact && bucket.takeUntimed(cost, time)) return true;
        if (bucket.waitFor(cost, isExact ? now : time.now()) > 0) return false;
        bucket.take(cost);
        return true;
      },
      fail: () => true,
    };
  }

  exit(call: Call, outcome: Outcome): void {
    const { learn } = this.#options;
    const state = call.state as Spent | Waiter<Place> | undefined;
    if (learn === undefined || state === undefined) return;
    const spent = 'item' in state ? state.item.spent : state;
    if (spent === undefined) return;
    learn.hear(spent, outcome, call.time);
    this.#serve();
  }

  leave(call: Call): void {
    const place = call.state as Waiter<Place>;
    if (this.#queue.leave(place)) {
      stopClock(place.item);
      // What it waited for may be enough for the next.
      this.#serve();
    } else if (place.item.admitted) {
      // It gave up before it could go on: its permits go to the next calls.
      const { cost, spent } = place.item;
      if (spent === undefined) this.#bucket.putBack(cost);
      else spent.giveBack();
      this.#serve();
    }
  }

  /** @internal */
  onDeadline(waiter: Waiter<Place>): void {
    const place = waiter.item;
    place.deadline = undefined;
    // A late timer may have kept its permit waiting.
    if (waiter.queued) this.#serve();
    if (this.#queue.leave(waiter)) {
      const now = this.#time.source.now();
      this.#serve();
      place.admit(this.#refusal(place, place.cost, now));
    }
    place.own?.hear();
  }

  /** What it is doing now, as plain JSON. */
  snapshot(): RateLimiterSnapshot {
    const now = this.#time.source.now();
    const upstream = this.#quota?.report(now);
    const own = { available: this.#available(now), queued: this.#queue.length };
    return upstream === undefined ? own : { ...own, upstream };
  }

  measure(nowMs: number): PolicyMeasures {
    return { available: this.#available(nowMs) };
  }

  /** Fills its bucket, forgets what it has learnt, and serves the calls that wait. */
  startOver(): void {
    this.#bucket = this.#full();
    this.#quota = this.#unknown();
    this.#serve();
  }

  fork(): RateLimiterPolicy<Name> {
    return new RateLimiterPolicy(this.#options);
  }

  /** It remembers calls until its bucket is full again, and what it has learnt while that is true. */
  busy(): boolean {
    const now = this.#time.source.now();
    return this.#bucket.available(now) < this.#burst || this.#quota?.binds(now) === true;
  }

  #full(): TokenBucket {
    const { limit, per } = this.#options;
    return new TokenBucket(limit, per, this.#burst);
  }

  /** What the waiting calls cost that will be served before this one. */
  #ahead(call: Call | Place): number {
    return this.#queue.isNext(call) ? 0 : this.#queue.ahead(call);
  }

  #unknown(): UpstreamQuota | undefined {
    const { learn, per } = this.#options;
    return learn?.quota(per);
  }

  /** The most that a call can take at once. */
  #most(now: number): number {
    return Math.min(this.#burst, this.#quota?.most(now) ?? Infinity);
  }

  #available(now: number): number {
    const left = this.#quota?.report(now)?.remaining ?? Infinity;
    return Math.min(this.#bucket.available(now), Math.floor(left));
  }

  /** Milliseconds until a call of this cost can start after those that cost `ahead`. */
  #waitFor(cost: number, ahead: number, now: number): number {
    const own = this.#bucket.waitFor(ahead + cost, now);
    return this.#quota === undefined ? own : Math.max(own, this.#quota.waitFor(cost, ahead, now));
  }

  /** Takes the permits of a call. Returns what has to be known of them later. */
  #take(call: Pick<Call, 'policy' | 'traits'>, cost: number): Spent | undefined {
    const said = call.traits?.cost;
    const late: (CorrectableCost & Partial<Pick<Learn, 'spend'>>) | undefined = isCorrectable(said)
      ? said
      : undefined;
    const spent = (this.#options.learn ?? late)?.spend?.(cost, this.#bucket, this.#quota);
    if (spent === undefined) this.#bucket.take(cost);
    else {
      late?.taken?.(call.policy, (actual) => {
        spent.settle(actual, this.#time.source.now());
        this.#serve();
      });
    }
    return spent;
  }

  #refusal(call: Call | Place, cost: number, now: number): RateLimitedError {
    const { label, captureStack } = call;
    const { maxWait } = this.#options;
    const ahead = this.#ahead(call);
    const retryAfter = this.#waitFor(cost, ahead, now);
    const what = cost === 1 ? 'no permit' : `not enough permits for a cost of ${cost}`;
    const within = maxWait === 0 ? '' : ` within ${formatDuration(maxWait)}`;
    const own = this.#bucket.waitFor(ahead + cost, now);
    const whose = own < retryAfter ? this.#quota?.says : '';
    return new RateLimitedError(`${label}: ${what}${within} (${this.#says})${whose}`, {
      captureStack,
      retryAfter,
    });
  }

  /** No `retryAfter`: it cannot be let in at any time. */
  #tooDear(
    { label, policy, captureStack }: Call | Place,
    cost: number,
    now: number,
  ): RateLimitedError {
    const most = this.#most(now);
    const bound = most < this.#burst ? this.#quota?.limitName : 'burst';
    return new RateLimitedError(
      `${label}: a cost of ${cost} is above the ${bound} (${most}) of ${policy}, so it could never start`,
      { captureStack, reason: TOO_DEAR },
    );
  }

  #wait(call: Call, cost: number, now: number): Promise<Admission> {
    const maxWaitMs = this.#options.maxWait + LATE_MS;
    const place: Place = {
      ...waitingCall(call),
      ...{ policy: call.policy, until: now + maxWaitMs, cost, admitted: false, spent: undefined },
    };
    const wait = waitIn(this.#queue, place, call, maxWaitMs, this, () => this.#serve());
    // Wait for a timer that is late. If this call admitted the waiting ones, the next call could start before they do.
    if (this.#timer === undefined) this.#serve();
    // It may come in front of the one that the timer is for, and cost less.
    else if (this.#queue.next === place) this.#arm(this.#waitFor(cost, 0, now));
    return wait;
  }

  /**
   * Admits the calls whose turn has come, and comes back for the next one. When a timer is late and the bucket is full meanwhile, the late
   * time brings no tokens. A call whose turn moves too far because of that is refused.
   */
  #serve(): void {
    this.#disarm();
    if (this.#queue.length === 0) return;
    const now = this.#time.source.now();
    const late: Place[] = [];
    for (let first = this.#queue.next; first !== undefined; first = this.#queue.next) {
      const { cost } = first;
      const isTooDear = cost > this.#most(now);
      const waitMs = isTooDear ? 0 : this.#waitFor(cost, 0, now);
      if (waitMs > 0 && now + waitMs <= first.until) {
        this.#arm(waitMs);
        break;
      }
      this.#queue.shift(!isTooDear && waitMs === 0);
      stopClock(first);
      if (isTooDear) {
        first.admit(this.#tooDear(first, cost, now));
      } else if (waitMs > 0) {
        late.push(first);
      } else {
        first.spent = this.#take(first, cost);
        first.admitted = true;
        first.admit(undefined);
      }
    }
    for (const place of late) place.admit(this.#refusal(place, place.cost, now));
  }

  #arm(delayMs: number): void {
    this.#disarm();
    const { bound, clock } = this.#time.source;
    if (!bound) this.#timer = clock.setTimer(this.#onTimer, delayMs);
  }

  #disarm(): void {
    if (this.#timer === undefined) return;
    this.#time.source.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
