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
 * Makes an error of holdfast's again of what is left of one that came from another thread or process: by `postMessage`, as the `error` event
 * of a worker, or as JSON. It goes by the `code`. Of a class of your own that extends RejectedError comes a RejectedError with its `code` and
 * `reason`.
 *
 * @returns `undefined` for anything else. An error of holdfast's is returned as it is.
 * @example
 * worker.on('error', (error) => log(reviveError(error) ?? error));
 */
export function reviveError(value: unknown): ResilienceError | undefined {
  if (value instanceof ResilienceError) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return revive(value);
  } catch {
    // A Proxy or a getter that throws: nothing that has crossed.
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
