/** 'holdfast/undici' */
export { attemptsOf } from '../fetch/attempts.js';
export type {
  BeforeAttempt,
  BeforeAttemptAnswer,
  UpcomingAttempt,
} from '../fetch/before-attempt.js';
export type { ClientState } from '../fetch/client.js';
export type { BodiesDrained, ClientDrained } from '../fetch/drain.js';
export type {
  Classify,
  ClientOptions,
  FetchHeaders,
  FetchOverrides,
  FetchPolicies,
} from '../fetch/options.js';
export type { OutgoingRequest } from '../fetch/request.js';
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
