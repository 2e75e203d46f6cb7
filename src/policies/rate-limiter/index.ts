export type { RateLimiterOptions } from './options.js';
export type { RateLimiterPolicy, RateLimiterSnapshot } from './rate-limiter.js';
export { rateLimiter } from './rate-limiter.js';
