import { mark } from '../../copies.js';
import { RateLimitedError } from '../../errors.js';
import type { Admission, Call, Gate } from '../../pipeline/contract.js';
import type { PolicyMeasures } from '../../pipeline/observer.js';
import type { Refusals } from '../../pipeline/refusals.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import { inOwnRequest } from '../in-own-request.js';
import { OneClock } from '../one-clock.js';
import type { Waiter } from '../wait-queue.js';
import { WaitQueue } from '../wait-queue.js';
import type { RateLimiterOptions, ResolvedRateLimiter } from './options.js';
import { resolveRateLimiter } from './options.js';
import { TokenBucket } from './token-bucket.js';

/**
 * Bounds how many calls start in a time, so that an upstream's quota is kept. Excess calls wait up to `maxWait`, first come,
 * first served, or are refused with a {@link RateLimitedError} whose `retryAfter` is exactly the time until there is a permit.
 *
 * A token bucket: in any time t at most `burst` + t x `limit` / `per` calls start.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * rateLimiter({ limit: 100, per: '1s', maxWait: '200ms' })
 */
export function rateLimiter(options: RateLimiterOptions): RateLimiterPolicy {
  return new RateLimiterPolicy(resolveRateLimiter(options));
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
  readonly label: string;
  readonly captureStack: boolean;
  /** Its turn must have come by then. */
  readonly until: number;
  admitted: boolean;
}

/** By how much a turn may come later than `maxWait`: timers are that late, and it is no reason to have waited in vain. */
const LATE_MS = 1;

/** Made by {@link rateLimiter}. */
export class RateLimiterPolicy implements Gate {
  static {
    mark(RateLimiterPolicy, 'rate_limiter');
  }

  readonly role = 'gate';
  readonly type = 'rate_limiter';
  readonly name: string | undefined;
  readonly quiet = true;
  readonly #options: ResolvedRateLimiter;
  #bucket: TokenBucket;
  readonly #burst: number;
  readonly #message: string;
  readonly #time = new OneClock('rateLimiter', 'limiter');
  readonly #queue = new WaitQueue<Place>();
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
    this.name = options.name;
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
    const waitMs = this.#bucket.waitFor(this.#queue.length + 1, now);
    if (waitMs === 0 && this.#queue.length === 0) {
      this.#bucket.take();
      return undefined;
    }
    const { maxWait, dryRun } = this.#options;
    // One whose time will be over by then would wait in vain.
    const refused = waitMs > maxWait || now + waitMs > call.deadline;
    if (dryRun) {
      if (refused) call.wouldReject(RateLimitedError.reason, waitMs);
      // Those that would wait take the tokens that they would wait for.
      else this.#bucket.take();
      return undefined;
    }
    return refused ? this.#refusal(call, waitMs) : this.#wait(call, now);
  }

  exit(): void {}

  leave(call: Call): void {
    const place = call.state as Waiter<Place>;
    if (this.#queue.leave(place)) {
      if (this.#queue.length === 0) this.#disarm();
    } else if (place.item.admitted) {
      // It gave up before it could go on: its permit is for the next one.
      this.#bucket.putBack();
      if (this.#queue.length > 0) this.#serve();
    }
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

  /** Its bucket is full, and those that wait are served from it. */
  startOver(): void {
    const { limit, per } = this.#options;
    this.#bucket = new TokenBucket(limit, per, this.#burst);
    if (this.#queue.length > 0) this.#serve();
  }

  fork(): RateLimiterPolicy {
    return new RateLimiterPolicy(this.#options);
  }

  /** Until its bucket is full again it remembers calls. */
  busy(): boolean {
    return this.#bucket.available(this.#time.source.now()) < this.#burst;
  }

  #refusal({ label, captureStack }: Call | Place, retryAfter: number): RateLimitedError {
    return new RateLimitedError(`${label}: ${this.#message}`, { captureStack, retryAfter });
  }

  #wait(call: Call, now: number): Promise<Admission> {
    const { label, captureStack } = call;
    const until = now + this.#options.maxWait + LATE_MS;
    return new Promise((admit) => {
      const place: Place = { admit, label, captureStack, until, admitted: false };
      const waiter = this.#queue.join(place);
      call.state = waiter;
      const { bound, clock } = call.time;
      if (bound) place.admit = inOwnRequest(clock, waiter, admit, () => this.#serve()).tell;
      if (call.listening) call.emit({ type: 'queued', queued: this.#queue.length });
      // A timer that is late is waited for: if this call admitted those who wait, the next one could start before they do.
      if (this.#timer === undefined) this.#serve();
    });
  }

  /**
   * Admits those whose turn has come, and comes back for the next one. Time that a timer is late may bring nothing, where the
   * bucket is full again: one whose turn is put off so far is refused after all.
   */
  #serve(): void {
    this.#disarm();
    const now = this.#time.source.now();
    const late: Place[] = [];
    for (let first = this.#queue.first; first !== undefined; first = this.#queue.first) {
      const waitMs = this.#bucket.waitFor(1, now);
      if (waitMs > 0 && now + waitMs <= first.until) {
        this.#arm(waitMs);
        break;
      }
      this.#queue.shift();
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
