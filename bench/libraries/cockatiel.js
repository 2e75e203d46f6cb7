// @ts-check
import * as cockatiel from 'cockatiel4';
import { FALLBACK, settings as s } from '../settings.js';

/** @typedef {import('../types.d.ts').Knobs} Knobs */

export const ofCockatiel = {
  fallback: () => cockatiel.fallback(cockatiel.handleAll, FALLBACK),
  retry: () =>
    cockatiel.retry(cockatiel.handleAll, {
      maxAttempts: s.maxRetries,
      backoff: new cockatiel.ConstantBackoff(0),
    }),
  breaker: () =>
    cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: s.openForMs,
      breaker: new cockatiel.SamplingBreaker({
        threshold: s.failureRate,
        duration: s.windowMs,
        minimumRps: s.minimumCalls / (s.windowMs / 1000),
      }),
    }),
  /** @param {Knobs} knobs */
  timeout: (knobs) =>
    cockatiel.timeout(knobs.timeoutMs ?? s.timeoutMs, cockatiel.TimeoutStrategy.Aggressive),
  bulkhead: () => cockatiel.bulkhead(s.maxConcurrent, 0),
};
