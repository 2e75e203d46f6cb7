export { callCost } from './call-cost.js';
export type { Learn, Learner, Learnt } from './learn.js';
export { learnFrom } from './learn.js';
export type { RateLimiterOptions } from './options.js';
export type { RateLimiterPolicy, RateLimiterSnapshot } from './rate-limiter.js';
export { rateLimiter } from './rate-limiter.js';
export type { QuotaReport } from './upstream-quota.js';
