import type { ResilienceErrorInit } from './errors.js';
import {
  BulkheadFullError,
  CircuitIsolatedError,
  CircuitOpenError,
  ConfigError,
  ContractError,
  DrainingError,
  LimitExceededError,
  RateLimitedError,
  RejectedError,
  ResilienceError,
  ThrottledError,
  TimeoutError,
} from './errors.js';

type ErrorClass = (new (
  message: string,
  init: ResilienceErrorInit,
) => ResilienceError) & { readonly code: string };

const CLASSES: readonly ErrorClass[] = [
  BulkheadFullError,
  CircuitIsolatedError,
  CircuitOpenError,
  ConfigError,
  ContractError,
  DrainingError,
  LimitExceededError,
  RateLimitedError,
  RejectedError,
  ResilienceError,
  ThrottledError,
  TimeoutError,
];

/**
 * Turns what arrived from another thread or process back into one of holdfast's errors. It may have come by `postMessage`, as a worker's `error`
 * event, or as JSON. The `code` decides the class. An error of your own class that extends RejectedError becomes a RejectedError with the same
 * `code` and `reason`.
 *
 * @returns `undefined` for anything else. A value that is one of holdfast's errors is returned as it is.
 * @example
 * worker.on('error', (error) => log(reviveError(error) ?? error));
 */
export function reviveError(value: unknown): ResilienceError | undefined {
  if (value instanceof ResilienceError) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return revive(value);
  } catch {
    // A Proxy or a getter that throws cannot have crossed a thread.
    return undefined;
  }
}

function revive(value: object): ResilienceError | undefined {
  const { code, name, message, reason, stack, cause, retryAfter } = value as Record<
    string,
    unknown
  >;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  // JSON leaves out a pipeline that is not known, and has the name.
  const isOfOurs = 'pipeline' in value || name === 'RejectedError';
  const isRejection = typeof reason === 'string' && isOfOurs;
  const like =
    CLASSES.find((each) => each.code === code) ?? (isRejection ? RejectedError : undefined);
  if (like === undefined) return undefined;
  const init = {
    ...value,
    cause,
    // JSON has no Infinity.
    retryAfter: typeof retryAfter === 'number' ? retryAfter : undefined,
    captureStack: typeof stack === 'string',
  };
  const revived = new like(message, init);
  const { method, url } = value as Partial<ResilienceError>;
  if (method !== undefined) revived.method = method;
  if (url !== undefined) revived.url = url;
  if (typeof stack === 'string') revived.stack = stack;
  return revived;
}
