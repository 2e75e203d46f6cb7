import type { IBackoff, IBackoffFactory, IRetryBackoffContext } from 'cockatiel';
import { describe } from '../../config/describe.js';
import * as z from '../../config/zod.js';
import { ConfigError } from '../../errors.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { adopted, isThenable } from '../../pipeline/outcome/promises.js';
import type { Duration } from '../../time/duration.js';
import { parseDuration } from '../../time/duration.js';
import { isBackoffOrFunction } from '../cockatiel-backoff.js';

/** Returns the delay before a retry. `retry` is 1 for the first one. */
export type BackoffFunction = (retry: number, outcome: Outcome) => Duration;

/** A function, or a cockatiel backoff (`ExponentialBackoff`, `ConstantBackoff`, `IterableBackoff`, `DelegateBackoff`). */
export type Backoff = BackoffFunction | IBackoffFactory<IRetryBackoffContext<unknown>>;

/** The schema of a `backoff` option. */
export const backoffSchema = (): z.Schema<Backoff, Backoff> =>
  z.custom<Backoff>(
    isBackoffOrFunction,
    'must be a function of the number of the retry, such as () => 100, or a backoff of cockatiel, such as new ExponentialBackoff()',
  );

/** The delays of one call, asked for in order. */
export type Delays = (retry: number, outcome: Outcome) => number;

/** Starts the delays of one call. The backoff must return a duration. Anything else ends the call with a ConfigError. */
export function startBackoff(backoff: Backoff, signal: () => AbortSignal): Delays {
  if (typeof backoff === 'function') {
    return (retry, outcome) => checked(backoff(retry, outcome), outcome);
  }
  let step: IBackoffFactory<IRetryBackoffContext<unknown>> = backoff;
  return (retry, outcome) => {
    const result =
      outcome.kind === 'success' ? { value: outcome.value } : { error: outcome.error as Error };
    const next: IBackoff<IRetryBackoffContext<unknown>> = step.next({
      attempt: retry,
      get signal() {
        return signal();
      },
      result,
    });
    step = next;
    return checked(next.duration, outcome);
  };
}

/** A ConfigError replaces the error that should have been retried, and has it as its cause. */
function checked(delay: unknown, outcome: Outcome): number {
  try {
    return parseDuration(delay);
  } catch (error) {
    if (isThenable(delay)) adopted(delay).catch(() => {});
    const text = `retry.backoff: its result ${(error as Error).message} (returned ${describe(delay)})`;
    const cause = outcome.kind === 'success' ? undefined : outcome.error;
    throw new ConfigError(text, { path: 'retry.backoff', value: delay, policy: 'retry', cause });
  }
}
