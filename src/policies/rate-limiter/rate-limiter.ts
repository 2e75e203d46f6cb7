import { mark } from '../../copies.js';
import { RateLimitedError } from '../../errors.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Admission, Call, Gate } from '../../pipeline/contract/policy.js';
import type { Refusals } from '../../pipeline/contract/refusals.js';
import type { StraightHalf, StraightPlace } from '../../pipeline/contract/straight-half.js';
import type { Deadline } from '../../time/deadline-queue.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { OwnRequest } from '../in-own-request.js';
import { inOwnRequest } from '../in-own-request.js';
import type { Named } from '../named.js';
import { OneClock } from '../one-clock.js';
import { RankedQueue } from '../priority/ranked-queue.js';
import { TokenBucket } from '../token-bucket.js';
import type { Waiter } from '../wait-queue.js';
import type { RateLimiterOptions, ResolvedRateLimiter } from './options.js';
import { resolveRateLimiter } from './options.js';

/**
 * Bounds how many calls start in a period, to keep an upstream's quota. Excess calls wait up to `maxWait`, the more important ones in front, first
 * come, first served among equals, or are refused with a {@link RateLimitedError}. Its `retryAfter` is exactly the time until there is a permit.
 *
 * It is a token bucket: in any time t at most `burst` + t x `limit` / `per` calls start.
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
  /** Calls that may start now. */
  readonly available: number;
  /** Calls that wait for their turn. */
  readonly queued: number;
}

/** A call in the queue. */
interface Place {
  admit: (admission: Admission) => void;
  /** Where another request may have let it in. */
  own: OwnRequest<Admission> | undefined;
  readonly rank: number;
  readonly label: string;
  readonly captureStack: boolean;
  /** The latest time for its turn. */
  readonly until: number;
  /** Ends its wait then: more important calls may have come before it. */
  deadline: Deadline | undefined;
  admitted: boolean;
}

/** How much later than `maxWait` a turn may come. Timers can be that late, and a call must not have waited in vain because of it. */
const LATE_MS = 1;

/** Made by {@link rateLimiter}. */
export class RateLimiterPolicy<Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(RateLimiterPolicy, 'rate_limiter');

  readonly role = 'gate';
  readonly type = 'rate_limiter';
  readonly name: Name | undefined;
  readonly quiet = true;
  readonly #options: ResolvedRateLimiter;
  #bucket: TokenBucket;
  readonly #burst: number;
  readonly #message: string;
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
    const { limit, per, burst = limit, maxWait } = options;
    this.#options = options;
    this.#burst = burst;
    this.#bucket = new TokenBucket(limit, per, burst);
    this.name = options.name as Name | undefined;
    const within = maxWait === 0 ? '' : ` within ${formatDuration(maxWait)}`;
    this.#message = `no permit${within} (limit: ${limit} per ${formatDuration(per)}, burst: ${burst})`;
  }

  bind(time: TimeSource): void {
    this.#time.bind(time);
  }

  get refusals(): Refusals {
    return { reasons: [RateLimitedError.reason], enforced: !this.#options.dryRun, limit: true };
  }

  enter(call: Call): Admission | Promise<Admission> {
    const now = call.time.now();
    const waitMs = this.#bucket.waitFor(this.#ahead(call) + 1, now);
    if (waitMs === 0 && this.#queue.length === 0) {
      this.#bucket.take();
      return undefined;
    }
    const { maxWait, dryRun } = this.#options;
    // A call whose time will be over by then would wait in vain.
    const refused = waitMs > maxWait || now + waitMs > call.deadline;
    if (dryRun) {
      if (refused) call.wouldReject(RateLimitedError.reason, waitMs);
      // Calls that would wait take the tokens that they would wait for.
      else this.#bucket.take();
      return undefined;
    }
    return refused ? this.#refusal(call, waitMs) : this.#wait(call, now);
  }

  /** @internal */
  straight({ time }: StraightPlace): StraightHalf {
    return {
      enter: () => {
        if (this.#queue.length > 0 || this.#bucket.waitFor(1, time.now()) > 0) return false;
        this.#bucket.take();
        return true;
      },
      fail: () => true,
    };
  }

  exit(): void {}

  leave(call: Call): void {
    const place = call.state as Waiter<Place>;
    if (this.#queue.leave(place)) {
      stopClock(place.item);
      if (this.#queue.length === 0) this.#disarm();
    } else if (place.item.admitted) {
      // It gave up before it could go on: its permit goes to the next call.
      this.#bucket.putBack();
      if (this.#queue.length > 0) this.#serve();
    }
  }

  /** @internal */
  onDeadline(waiter: Waiter<Place>): void {
    const place = waiter.item;
    place.deadline = undefined;
    // A late timer may have kept its permit waiting.
    if (waiter.queued) this.#serve();
    if (this.#queue.leave(waiter)) {
      if (this.#queue.length === 0) this.#disarm();
      const retryAfter = this.#bucket.waitFor(this.#ahead(place) + 1, this.#time.source.now());
      place.admit(this.#refusal(place, retryAfter));
    }
    place.own?.hear();
  }

  /** What it is doing now, as plain JSON. */
  snapshot(): RateLimiterSnapshot {
    return {
      available: this.#bucket.available(this.#time.source.now()),
      queued: this.#queue.length,
    };
  }

  measure(nowMs: number): PolicyMeasures {
    return { available: this.#bucket.available(nowMs) };
  }

  /** Fills its bucket, and serves the calls that wait. */
  startOver(): void {
    const { limit, per } = this.#options;
    this.#bucket = new TokenBucket(limit, per, this.#burst);
    if (this.#queue.length > 0) this.#serve();
  }

  fork(): RateLimiterPolicy<Name> {
    return new RateLimiterPolicy(this.#options);
  }

  /** It remembers calls until its bucket is full again. */
  busy(): boolean {
    return this.#bucket.available(this.#time.source.now()) < this.#burst;
  }

  #refusal({ label, captureStack }: Call | Place, retryAfter: number): RateLimitedError {
    return new RateLimitedError(`${label}: ${this.#message}`, { captureStack, retryAfter });
  }

  /** How many waiting calls will be served before this one. */
  #ahead(call: Call | Place): number {
    return this.#queue.isNext(call) ? 0 : this.#queue.ahead(call);
  }

  #wait(call: Call, now: number): Promise<Admission> {
    const { label, captureStack, rank, time } = call;
    const maxWaitMs = this.#options.maxWait + LATE_MS;
    return new Promise((admit) => {
      const place: Place = {
        admit,
        own: undefined,
        rank,
        label,
        captureStack,
        until: now + maxWaitMs,
        deadline: undefined,
        admitted: false,
      };
      const waiter = this.#queue.join(place);
      call.state = waiter;
      place.deadline = time.deadlines(maxWaitMs).add(this, waiter, 0);
      if (time.bound) {
        place.own = inOwnRequest(time.clock, waiter, admit, () => this.#serve());
        place.admit = place.own.tell;
      }
      const priority = call.traits?.priority;
      if (call.listening) call.emit({ type: 'queued', queued: this.#queue.length, priority });
      // Wait for a timer that is late. If this call admitted the waiting ones, the next call could start before they do.
      if (this.#timer === undefined) this.#serve();
    });
  }

  /**
   * Admits the calls whose turn has come, and comes back for the next one. When a timer is late and the bucket is full meanwhile, the late
   * time brings no tokens. A call whose turn moves too far because of that is refused.
   */
  #serve(): void {
    this.#disarm();
    const now = this.#time.source.now();
    const late: Place[] = [];
    for (let first = this.#queue.next; first !== undefined; first = this.#queue.next) {
      const waitMs = this.#bucket.waitFor(1, now);
      if (waitMs > 0 && now + waitMs <= first.until) {
        this.#arm(waitMs);
        break;
      }
      this.#queue.shift(waitMs === 0);
      stopClock(first);
      if (waitMs > 0) {
        late.push(first);
      } else {
        this.#bucket.take();
        first.admitted = true;
        first.admit(undefined);
      }
    }
    if (late.length === 0) return;
    const retryAfter = this.#bucket.waitFor(this.#queue.length + 1, now);
    for (const place of late) place.admit(this.#refusal(place, retryAfter));
  }

  #arm(delayMs: number): void {
    const { bound, clock } = this.#time.source;
    if (!bound) this.#timer = clock.setTimer(this.#onTimer, delayMs);
  }

  #disarm(): void {
    if (this.#timer === undefined) return;
    this.#time.source.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}

/** For a call that has just left the queue. */
function stopClock(place: Place): void {
  place.deadline?.queue.remove(place.deadline);
  place.deadline = undefined;
}
