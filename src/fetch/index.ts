export { attemptsOf } from './call/attempt-count.js';
export type { ClientState } from './client/client.js';
export type { BodiesDrained, ClientDrained } from './client/drain.js';
export type { BodyOf, ResilientFetch, ResilientInit } from './client/resilient-fetch.js';
export { resilientFetch } from './client/resilient-fetch.js';
export { classifyFetchError } from './errors/classify-error.js';
export type { FetchErrorClass } from './errors/error-table.js';
export type {
  ClientOptions,
  FetchHeaders,
  FetchPolicies,
  OwnPolicies,
  ResilientFetchOptions,
} from './options.js';
export type { Classify, FetchOverrides } from './overrides.js';
export type {
  BeforeAttempt,
  BeforeAttemptAnswer,
  UpcomingAttempt,
} from './request/before-attempt.js';
export type { BodyFactory } from './request/body.js';
export type { OutgoingRequest } from './request/request.js';
export { neverSent } from './retry/never-sent.js';
export { rateLimitHeaders } from './retry/quota-headers.js';
export { retryAfterOf } from './retry/retry-after.js';
export type {
  AbortStateLike,
  FetchInit,
  FetchInput,
  FetchLike,
  FetchResponse,
  HeadersLike,
  HeadersSource,
  HostFetch,
  RequestLike,
  ResponseLike,
} from './types.js';
export { FAILURE_STATUSES, isFailureStatus } from './verdict/statuses.js';
export { isFetchFailure } from './verdict/verdict.js';
