export type { Backoff, BackoffFunction } from './backoff.js';
export type { RetryOptions } from './options.js';
export type { RetryPolicy } from './retry.js';
export { retry } from './retry.js';
