export type { AdaptiveLimiterPolicy, AdaptiveLimiterSnapshot } from './adaptive-limiter.js';
export { adaptiveLimiter } from './adaptive-limiter.js';
export type { AdaptiveLimiterOptions } from './options.js';
