export type { CircuitBreakerPolicy, Isolation } from './circuit-breaker.js';
export { circuitBreaker } from './circuit-breaker.js';
export type { BreakerWindow, CircuitBreakerOptions } from './options.js';
export type { CircuitBreakerSnapshot } from './snapshot.js';
