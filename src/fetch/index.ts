export { attemptsOf } from './attempts.js';
export type { BeforeAttempt, BeforeAttemptAnswer, UpcomingAttempt } from './before-attempt.js';
export type { BodyFactory } from './body.js';
export { classifyFetchError } from './classify-error.js';
export type { ClientState } from './client.js';
export type { BodiesDrained, ClientDrained } from './drain.js';
export type { FetchErrorClass } from './error-table.js';
export { neverSent } from './never-sent.js';
export type {
  Classify,
  ClientOptions,
  FetchHeaders,
  FetchOverrides,
  FetchPolicies,
  ResilientFetchOptions,
} from './options.js';
export type { OutgoingRequest } from './request.js';
export type { BodyOf, ResilientFetch, ResilientInit } from './resilient-fetch.js';
export { resilientFetch } from './resilient-fetch.js';
export { retryAfterOf } from './retry-after.js';
export { FAILURE_STATUSES, isFailureStatus } from './statuses.js';
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
export { isFetchFailure } from './verdict.js';
