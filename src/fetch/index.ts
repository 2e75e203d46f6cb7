export { classifyFetchError } from './classify-error.js';
export type { FetchErrorClass } from './error-table.js';
export { neverSent } from './never-sent.js';
export { retryAfterOf } from './retry-after.js';
export { FAILURE_STATUSES, isFailureStatus } from './statuses.js';
export type {
  AbortStateLike,
  FetchLike,
  HeadersLike,
  HeadersSource,
  RequestLike,
  ResponseLike,
} from './types.js';
