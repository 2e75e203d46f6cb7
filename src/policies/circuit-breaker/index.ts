export type { CircuitBreakerPolicy } from './circuit-breaker.js';
export { circuitBreaker } from './circuit-breaker.js';
export type { Isolation } from './isolations.js';
export type { BreakerWindow, CircuitBreakerOptions } from './options.js';
export type { OpenForBackoff, OpenForFunction, Opening } from './own-open-for.js';
export type { CircuitBreakerSnapshot } from './snapshot.js';
