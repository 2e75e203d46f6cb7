// @ts-check
import * as holdfast from 'holdfast';
import { FALLBACK, settings as s } from '../settings.js';

/** @typedef {import('../types.d.ts').Knobs} Knobs */

export const ofHoldfast = {
  fallback: () => holdfast.fallback(FALLBACK),
  /** With its retry budget, as it comes. */
  retry: () => holdfast.retry({ maxRetries: s.maxRetries, initialDelay: 0 }),
  breaker: () =>
    holdfast.circuitBreaker({
      failureRate: s.failureRate,
      window: s.windowMs,
      minimumCalls: s.minimumCalls,
      failingFor: 0,
      openFor: s.openForMs,
      maxOpenFor: s.openForMs,
    }),
  /** @param {Knobs} knobs */
  timeout: (knobs) => holdfast.timeout(knobs.timeoutMs ?? s.timeoutMs),
  bulkhead: () => holdfast.bulkhead({ maxConcurrent: s.maxConcurrent, maxQueued: 0 }),
  /** @param {Knobs} knobs */
  rateLimiter: (knobs) => holdfast.rateLimiter({ limit: knobs.permits ?? s.permits, per: '1h' }),
  /** It judges as ever, and the limit stays where the check expects it. */
  adaptiveLimiter: () =>
    holdfast.adaptiveLimiter({ minLimit: s.maxConcurrent, maxLimit: s.maxConcurrent }),
  /** Refuses a call whenever it may. */
  throttle: () =>
    holdfast.throttle({ window: s.windowMs, minimumCalls: s.minimumCalls, random: () => 0 }),
};
