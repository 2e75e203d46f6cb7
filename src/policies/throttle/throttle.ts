import { mark } from '../../copies.js';
import { ThrottledError } from '../../errors.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Admission, Call, Gate } from '../../pipeline/contract/policy.js';
import type { Refusals } from '../../pipeline/contract/refusals.js';
import type { StraightHalf, StraightPlace } from '../../pipeline/contract/straight-half.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Random } from '../chance.js';
import { randomOf } from '../chance.js';
import type { PolicyRules } from '../client-rules.js';
import { isUpstreamFailure } from '../filter.js';
import type { Named } from '../named.js';
import { OneClock } from '../one-clock.js';
import { isQuiet } from '../quiet.js';
import type { SignsIn } from '../sign.js';
import { signsOf } from '../sign.js';
import type { ResolvedThrottle, ThrottleOptions } from './options.js';
import { resolveThrottle } from './options.js';
import { rejectionProbability } from './probability.js';
import { RankMix } from './rank-mix.js';
import { RecentTraffic } from './recent-traffic.js';

/**
 * Sends an overloaded upstream no more than it can bear. While the upstream refuses many calls, the throttle refuses a share of them
 * at once with a {@link ThrottledError}, so that it sends about `requestsPerAccept` (K) calls for each accepted one. The probability
 * of a refusal is `max(0, (requests - K x accepts) / (requests + 1))` over the window, and at most `maxProbability`. It refuses the least
 * important calls first, and retries before first attempts, so that the share of all calls is the same.
 *
 * As in the SRE book, requests are all calls that come here, counted when they come, refused ones included. Accepts are
 * calls that the upstream did not refuse, counted when they end. Two things differ from the book: calls still in flight do not count against the
 * upstream, and the throttle refuses nothing while the window holds fewer than `minimumCalls`.
 *
 * @throws ConfigError when an option is wrong.
 * @see https://sre.google/sre-book/handling-overload/#client-side-throttling-a7sYUg
 * @example
 * throttle({ handle: (outcome) => outcome.kind === 'failure' && outcome.error instanceof Overloaded })
 */
export function throttle<const Name extends string = 'throttle'>(
  options?: ThrottleOptions & Named<Name>,
): ThrottlePolicy<NoInfer<Name>> {
  return new ThrottlePolicy<Name>(resolveThrottle(options));
}

/** What a throttle knows now, and how it decides. */
export interface ThrottleSnapshot {
  /** Calls that came within the window: refused here, ended, or in flight. */
  readonly requests: number;
  /** Those in flight. */
  readonly inFlight: number;
  /** Those that the upstream accepted. */
  readonly accepts: number;
  /** The probability that the next call is refused: 0 to `maxProbability`. */
  readonly probability: number;
}

/** A call that a dry run let in although it would have refused it. It counts as refused, and its outcome says nothing new. */
const COUNTED = 'counted';

/** Made by {@link throttle}. */
export class ThrottlePolicy<Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(ThrottlePolicy, 'throttle');

  readonly role = 'gate';
  readonly type = 'throttle';
  readonly name: Name | undefined;
  readonly quiet: boolean;
  readonly #options: ResolvedThrottle;
  readonly #signs: SignsIn;
  /** Whether results have to be looked at. */
  #inspects: boolean;
  readonly #random: Random;
  #traffic: RecentTraffic;
  #mix = new RankMix();
  /** The current stamp. Calls with another one were let in before the last start over. `undefined` until the first: calls need none. */
  #stamp: object | undefined;
  readonly #time = new OneClock('throttle', 'throttle');

  /** @internal Use {@link throttle}. */
  constructor(options: ResolvedThrottle) {
    this.#options = options;
    this.name = options.name as Name | undefined;
    this.quiet = isQuiet(options);
    this.#signs = signsOf(options.handle, isUpstreamFailure);
    this.#inspects = options.handle !== undefined;
    this.#random = randomOf(options.random, 'throttle');
    this.#traffic = new RecentTraffic(options.window);
  }

  bind(time: TimeSource, hasRule?: boolean): void {
    this.#time.bind(time);
    if (hasRule === true) this.#inspects = true;
  }

  get refusals(): Refusals {
    return { reasons: [ThrottledError.reason], enforced: !this.#options.dryRun };
  }

  enter(call: Call): Admission {
    // The path of a successful call. While nothing was refused, there is nothing to calculate and no need to know the time.
    if (this.#traffic.refusals > 0) {
      const now = call.time.recent();
      const general = this.#probability(now);
      // None of them may be recent.
      if (this.#traffic.refusals > 0) this.#mix.add(call.rank);
      const probability = this.#mix.probabilityOf(call.rank, general, this.#options.maxProbability);
      if (probability > 0 && this.#random() < probability) {
        this.#traffic.refuse(now);
        return this.#refuse(call, probability);
      }
    }
    this.#traffic.begin();
    if (this.#stamp !== undefined) call.state = this.#stamp;
    return undefined;
  }

  /** @internal */
  straight({ time }: StraightPlace): StraightHalf {
    return {
      enter: () => {
        if (this.#traffic.refusals > 0 || this.#stamp !== undefined) return false;
        this.#traffic.begin();
        return true;
      },
      exit: () => {
        if (this.#stamp !== undefined || this.#inspects) return false;
        this.#traffic.end();
        this.#traffic.count(time.recent(), false);
        return true;
      },
    };
  }

  exit(call: Call, outcome: Outcome): void {
    // It has been counted, or is from before the start over.
    if (call.state !== this.#stamp) return;
    // Whatever `handle` does, the call is no longer in flight.
    this.#traffic.end();
    const plain = outcome.kind === 'success' && !this.#inspects;
    const sign = plain ? 'success' : this.#signs(outcome, call);
    if (sign !== 'nothing') this.#traffic.count(call.time.recent(), sign !== 'success');
  }

  /** Its state now, as plain JSON. */
  snapshot(): ThrottleSnapshot {
    // If nothing was counted, there may be no clock yet. The window must not start with the time of another clock.
    const known = this.#traffic.requests > 0;
    const probability = known ? this.#probability(this.#time.source.now()) : 0;
    const { requests, inFlight, accepts } = this.#traffic;
    return { requests, inFlight, accepts, probability };
  }

  measure(nowMs: number): PolicyMeasures {
    const rejectionProbability = this.#probability(nowMs);
    return { rejectionProbability, requests: this.#traffic.requests };
  }

  /** Forgets all calls. */
  startOver(): void {
    this.#stamp = {};
    this.#traffic = new RecentTraffic(this.#options.window);
    this.#mix = new RankMix();
  }

  fork(): ThrottlePolicy<Name> {
    return new ThrottlePolicy(this.#options);
  }

  /** @internal */
  withRules({ counting }: PolicyRules): ThrottlePolicy {
    return new ThrottlePolicy({ ...this.#options, handle: counting(this.#options.handle) });
  }

  /** A throttle that refuses calls must not be forgotten. */
  busy(): boolean {
    return this.snapshot().probability > 0;
  }

  #probability(nowMs: number): number {
    this.#traffic.advance(nowMs);
    return rejectionProbability(this.#traffic, this.#options);
  }

  #refuse(call: Call, probability: number): Admission {
    if (this.#options.dryRun) {
      call.state = COUNTED;
      call.wouldReject(ThrottledError.reason);
      return undefined;
    }
    const { label, captureStack } = call;
    return new ThrottledError(
      `${label}: the upstream refuses too many calls, so ${percent(probability)}% of them are not sent; try elsewhere, or later`,
      { captureStack },
    );
  }
}

/** Whole per cent, for people. Neither 0 nor 100, since the probability is neither. */
function percent(probability: number): number {
  return Math.min(99, Math.ceil(100 * probability));
}
