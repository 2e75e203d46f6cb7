import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { atLeast, count, fnOf, nested, number, off, oneOf } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema, formatDuration } from '../../time/duration.js';
import type { Handle } from '../filter.js';
import { handleSchema } from '../filter.js';
import { retryNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { RetryBudget, RetryBudgetOptions } from '../retry-budget/index.js';
import { isRetryBudget, retryBudgetDefaults, retryBudgetSchema } from '../retry-budget/index.js';
import type { Ruled } from '../ruled.js';
import type { Backoff } from './backoff.js';
import { backoffSchema } from './backoff.js';

/** Options of {@link retry}. */
export interface RetryOptions extends Named {
  /** Retries after the first attempt: a whole number >= 0. Default 3, so at most four attempts. */
  readonly maxRetries?: number | undefined;
  /** The first delay, before jitter; it grows by `factor` from retry to retry. At most `maxDelay`. Default 100 ms. */
  readonly initialDelay?: Duration | undefined;
  /** Growth of the delay from one retry to the next: >= 1. Default 2. */
  readonly factor?: number | undefined;
  /** The longest delay of the backoff. Default 20 s. */
  readonly maxDelay?: Duration | undefined;
  /**
   * How a delay is spread, so that a fleet does not return in step. `full` takes anything from 0 to the delay, `equal` anything
   * from half of the delay to all of it, `none` the delay itself. Default `full`.
   * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
   */
  readonly jitter?: 'full' | 'equal' | 'none' | undefined;
  /**
   * The delays, in place of the four options above: a function that returns a duration, or a cockatiel backoff. The function gets
   * the number of the retry (1 for the first) and the outcome. No jitter is added.
   */
  readonly backoff?: Backoff | undefined;
  /**
   * The delay that the failure itself asks for, in milliseconds. `undefined`, or anything that is no number >= 0, means that it
   * asks for none. Default: the error's `retryAfter`, if that is such a number.
   */
  readonly delayFrom?: { delayFrom(outcome: Outcome): number | undefined }['delayFrom'] | undefined;
  /**
   * The longest delay that a failure may ask for. The retry waits up to 20% longer than asked for. A failure that asks for
   * more is not retried. Default 30 s.
   */
  readonly maxRetryAfter?: Duration | undefined;
  /**
   * Which outcomes are retried. Default: timeouts inside, and what the pipeline's `isFailure` calls a failure. Without
   * `isFailure`, that is errors of the operation. Rejections by policies inside are not retried by default. The caller's abort is
   * never retried.
   */
  readonly handle?: Handle | undefined;
  /**
   * The budget that bounds the retries of all calls. Give options for a budget of this policy's own, a budget to share (see
   * {@link retryBudget}), or `false` for none. Default: its own, with the defaults of a budget.
   */
  readonly budget?: RetryBudget | RetryBudgetOptions | false | undefined;
  /**
   * What happens when the budget has no retry left. `return` answers with the last real outcome at once. `wait` first waits for
   * the delay of the retry, which slows down whoever calls in a loop. Default `return`.
   */
  readonly whenSpent?: 'return' | 'wait' | undefined;
  /** The source of random numbers: 0 <= number < 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The defaults of {@link RetryOptions}. */
export const retryDefaults = {
  maxRetries: 3,
  initialDelay: 100,
  factor: 2,
  maxDelay: 20_000,
  jitter: 'full',
  maxRetryAfter: 30_000,
  whenSpent: 'return',
} as const;

const FACTOR = 'must be a finite number >= 1';

/** The schema of {@link RetryOptions}. */
export const retrySchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      maxRetries: count(),
      initialDelay: durationSchema(),
      factor: number(FACTOR, atLeast(1)),
      maxDelay: durationSchema(),
      jitter: oneOf(['full', 'equal', 'none']),
      backoff: backoffSchema(),
      delayFrom: fnOf<(outcome: Outcome) => number | undefined>(),
      maxRetryAfter: durationSchema(),
      handle: handleSchema(),
      budget: z.union(
        [z.custom<RetryBudget>(isRetryBudget), nested(retryBudgetSchema()), off()],
        'must be the options of a retry budget, a budget to share, or false',
      ),
      whenSpent: oneOf(['return', 'wait']),
      random: fnOf<() => number>(),
      ...namedShape(),
    },
    plainRetry(),
    (payload) => {
      if (payload.issues.length > 0) return;
      const options = payload.value;
      const wrong = z.wrongIn(payload);
      if (options.budget === false && options.whenSpent !== undefined) {
        wrong('whenSpent', 'has no effect without a budget');
      }
      if (options.backoff !== undefined) {
        for (const key of ['initialDelay', 'factor', 'maxDelay', 'jitter'] as const) {
          if (options[key] === undefined) continue;
          wrong(key, 'has no effect beside backoff: use one or the other');
        }
        return;
      }
      const { initialDelay, maxDelay } = options;
      const first = initialDelay ?? retryDefaults.initialDelay;
      const longest = maxDelay ?? retryDefaults.maxDelay;
      if (longest >= first) return;
      if (maxDelay === undefined) {
        wrong(
          'initialDelay',
          `must not be above maxDelay (${formatDuration(longest)}): set that too`,
        );
      } else {
        wrong('maxDelay', `must not be below initialDelay (${formatDuration(first)})`);
      }
    },
  ),
);

/** Options with everything filled in. */
export type ResolvedRetry = z.output<ReturnType<typeof retrySchema>> &
  Ruled & {
    /** Gets each outcome that is kept while a retry waits. */
    readonly onKept?: ((outcome: Outcome) => void) | undefined;
  };

/** The same as what the schema makes of `{}`. */
export function plainRetry() {
  const { maxRetries, maxRetryAfter } = retryDefaults;
  return { maxRetries, maxRetryAfter, budget: { ...retryBudgetDefaults } };
}

/** @throws ConfigError */
export function resolveRetry(options: RetryOptions | undefined): ResolvedRetry {
  return options === undefined
    ? plainRetry()
    : parseOptions(retrySchema, options, 'retry', hintFrom(retryNames));
}
