import { configError } from '../../config/validate.js';
import { isOf } from '../../copies.js';
import type { ConfigError } from '../../errors.js';
import type { LayerSettings } from '../../pipeline/contract/context.js';
import type { Layer } from '../../pipeline/plan.js';
import { RetryPolicy } from '../../policies/retry/retry.js';
import { ATTEMPT_TIMEOUT } from '../../policies/standard.js';
import { TimeoutPolicy } from '../../policies/timeout/timeout.js';
import { formatDuration } from '../../time/duration.js';

/** The layers of a pipeline whose options a call can set. */
export interface Places {
  /** The outermost timeout around all attempts. */
  readonly total: number | undefined;
  /** The innermost timeout of each attempt. */
  readonly attempt: number | undefined;
  /** The outermost retry. */
  readonly retry: number | undefined;
}

/** What a call may set for its times, in milliseconds, and retries. */
export interface CallTimes {
  readonly totalTimeout?: number | false | undefined;
  readonly attemptTimeout?: number | false | undefined;
  readonly retry?: false | { readonly maxRetries: number } | undefined;
}

/**
 * Finds the timeouts and the retry of a pipeline. The policy that makes attempts divides them: a timeout outside bounds the call, one inside an
 * attempt. Without such a policy, the outermost timeout bounds the call and the innermost the attempt. A single one bounds the call, unless its
 * name is that of an attempt's timeout.
 */
export function placesOf(layers: readonly Layer[]): Places {
  const maker = layers.findIndex(
    ({ driver }) => driver !== undefined && driver.type !== 'fallback',
  );
  const retry = layers.findIndex(({ policy }) => isOf(policy, RetryPolicy));
  const timeouts = layers.flatMap(({ policy }, i) => (isOf(policy, TimeoutPolicy) ? [i] : []));
  let total = timeouts[0];
  let attempt = timeouts.at(-1);
  if (maker >= 0) {
    if (total !== undefined && total > maker) total = undefined;
    if (attempt !== undefined && attempt < maker) attempt = undefined;
  } else if (total !== undefined && total === attempt) {
    if (layers[total]?.name === ATTEMPT_TIMEOUT) total = undefined;
    else attempt = undefined;
  }
  return { total, attempt, retry: retry < 0 ? undefined : retry };
}

/**
 * What a call sets in place of its policies' own options. If it sets only how long the call may take, each attempt may
 * take all of that.
 *
 * @throws ConfigError when there is no such policy, or when an attempt may take longer than the whole call.
 */
export function settingsOf(
  layers: readonly Layer[],
  { total, attempt, retry }: Places,
  { totalTimeout, attemptTimeout, retry: retries }: CallTimes,
): LayerSettings | undefined {
  const maxRetries = typeof retries === 'object' ? retries.maxRetries : undefined;
  if (totalTimeout === undefined && attemptTimeout === undefined && maxRetries === undefined) {
    return undefined;
  }
  const settings = new Array<number | undefined>(layers.length).fill(undefined);
  if (totalTimeout !== undefined) {
    if (total === undefined) throw noTimeout('totalTimeout', 'around the retry', totalTimeout);
    settings[total] = msOf(totalTimeout);
    if (attempt !== undefined) settings[attempt] = msOf(totalTimeout);
  }
  if (attemptTimeout !== undefined) {
    if (attempt === undefined)
      throw noTimeout('attemptTimeout', 'inside the retry', attemptTimeout);
    settings[attempt] = msOf(attemptTimeout);
    const whole = total === undefined ? Infinity : (settings[total] ?? timeOf(layers, total));
    if (attemptTimeout !== false && attemptTimeout > whole) {
      const set = totalTimeout === undefined ? ': set that too, or false' : '';
      const remedy = `must not be above totalTimeout (${formatDuration(whole)})${set}`;
      throw wrong('attemptTimeout', remedy, attemptTimeout);
    }
  }
  if (maxRetries !== undefined) {
    if (retry === undefined) {
      const remedy = 'has nothing to set, because there is no retry among the policies: add one';
      throw wrong('retry.maxRetries', remedy, maxRetries);
    }
    // Retries inside other retries would multiply it.
    for (const [i, { policy }] of layers.entries()) {
      if (isOf(policy, RetryPolicy)) settings[i] = i === retry ? maxRetries : 0;
    }
  }
  return settings;
}

function msOf(time: number | false): number {
  return time === false ? Infinity : time;
}

function timeOf(layers: readonly Layer[], at: number): number {
  const policy = layers[at]?.policy;
  return isOf(policy, TimeoutPolicy) ? policy.timeoutMs : Infinity;
}

function noTimeout(option: string, where: string, value: unknown): ConfigError {
  const remedy = `has nothing to set, because the policies have no timeout ${where}: add one`;
  return wrong(option, remedy, value);
}

function wrong(option: string, remedy: string, value: unknown): ConfigError {
  return configError('holdfast', [{ path: `holdfast.${option}`, message: remedy, value }]);
}
