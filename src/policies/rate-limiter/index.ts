export { callCost } from './call-cost.js';
export type { CostOf, Learn, RateLimiterOptions } from './options.js';
export type { RateLimiterPolicy, RateLimiterSnapshot } from './rate-limiter.js';
export { rateLimiter } from './rate-limiter.js';
export type { QuotaReport } from './upstream-quota.js';
