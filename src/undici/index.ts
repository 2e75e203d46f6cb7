/** 'holdfast/undici' */
export { attemptsOf } from '../fetch/call/attempt-count.js';
export type { ClientState } from '../fetch/client/client.js';
export type { BodiesDrained, ClientDrained } from '../fetch/client/drain.js';
export type { ClientOptions, FetchHeaders, FetchPolicies, OwnPolicies } from '../fetch/options.js';
export type { Classify, FetchOverrides } from '../fetch/overrides.js';
export type {
  BeforeAttempt,
  BeforeAttemptAnswer,
  UpcomingAttempt,
} from '../fetch/request/before-attempt.js';
export type { OutgoingRequest } from '../fetch/request/request.js';
export { rateLimitHeaders } from '../fetch/retry/quota-headers.js';
export type { HeadersLike, HeadersSource, ResponseLike } from '../fetch/types.js';
export type {
  InterceptedOverrides,
  InterceptedResponse,
  ResilienceOptions,
  ResilientRequestOptions,
} from './options.js';
export type { ResilienceInterceptor } from './resilience.js';
export { resilience } from './resilience.js';
export type { RequestBody, ResilientRequest, ResilientRequestInit } from './resilient-request.js';
export { resilientRequest } from './resilient-request.js';
export type { UrlObject } from './url.js';
