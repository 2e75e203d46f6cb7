import { fnOf } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import { isAmount } from '../../pipeline/options/call-options.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { refusePromise } from '../../pipeline/outcome/refuse-promise.js';
import type { TimeSource } from '../../time/time-source.js';
import type { TokenBucket } from '../token-bucket.js';
import { Spent } from './spent.js';
import type { QuotaReport } from './upstream-quota.js';
import { UpstreamQuota } from './upstream-quota.js';

/** What an outcome says. Whatever it does not say is `undefined`. */
export interface Learnt extends QuotaReport {
  /** What the call has really cost: the tokens that a model used, or 0 for one that was not sent. Anything but a number >= 0 changes nothing. */
  readonly cost?: number | undefined;
}

/** Reads what an outcome says. `wallNowMs`: milliseconds since the epoch. */
export type Learner = {
  read(outcome: Outcome, wallNowMs: number): Learnt | undefined;
}['read'];

/** What a rate limiter learns from outcomes: made by {@link learnFrom} or `rateLimitHeaders()`. */
export interface Learn {
  /** Reads an outcome. */
  readonly read: Learner;
  /** @internal Takes the cost of a call. */
  spend(cost: number, bucket: TokenBucket, quota: UpstreamQuota | undefined): Spent;
  /** @internal A quota of which nothing is known yet. */
  quota(windowMs: number): UpstreamQuota;
  /** @internal A call that has taken this has ended. */
  hear(spent: Spent, outcome: Outcome, time: TimeSource): void;
}

/**
 * Makes the `learn` of a rate limiter from a function of the outcome, which is asked about every call when it has ended. It says what the call has
 * cost, what is left of the upstream's quota, or both.
 *
 * @throws ConfigError when it gets no function.
 * @example
 * const learn = learnFrom((outcome) =>
 *   outcome.kind === 'success' ? { cost: (outcome.value as Completion).usage.total_tokens } : undefined,
 * );
 * rateLimiter({ name: 'tokens', limit: 90_000, per: '1m', learn })
 */
export function learnFrom(read: Learner): Learn {
  return { read: parseOptions(fnOf<Learner>, read, 'learnFrom'), spend, quota, hear };
}

function spend(cost: number, bucket: TokenBucket, of: UpstreamQuota | undefined): Spent {
  return new Spent(cost, bucket, of);
}

function quota(windowMs: number): UpstreamQuota {
  return new UpstreamQuota(windowMs);
}

function hear(this: Learn, spent: Spent, outcome: Outcome, time: TimeSource): void {
  const told: unknown = this.read(outcome, time.clock.wallNow());
  refusePromise(
    told,
    'learn returned a promise: it must return what the outcome says, or undefined',
  );
  if (typeof told !== 'object' || told === null) return;
  const now = time.now();
  spent.learn(told, now);
  const { cost } = told as Learnt;
  if (isAmount(cost)) spent.settle(cost, now);
}
