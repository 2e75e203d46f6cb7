/** 'holdfast/undici' */
export type {
  InterceptedResponse,
  ResilienceOptions,
  ResilientRequestOptions,
} from './options.js';
export type { ResilienceInterceptor } from './resilience.js';
export { resilience } from './resilience.js';
export type { RequestBody, ResilientRequest, ResilientRequestInit } from './resilient-request.js';
export { resilientRequest } from './resilient-request.js';
export type { UrlObject } from './url.js';
