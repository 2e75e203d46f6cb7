// @ts-check
import * as mollitia from 'mollitia';
import { FALLBACK, settings as s } from '../settings.js';

/** @typedef {import('../types.d.ts').Knobs} Knobs */

export const ofMollitia = {
  /** Can replace the error and nothing else: whatever it answers, the call rejects with. */
  fallback: () => new mollitia.Fallback({ callback: () => FALLBACK }),
  retry: () => new mollitia.Retry({ attempts: s.maxRetries, interval: 0 }),
  breaker: () =>
    new mollitia.SlidingTimeBreaker({
      failureRateThreshold: s.failureRate * 100,
      slidingWindowSize: s.windowMs,
      minimumNumberOfCalls: s.minimumCalls,
      openStateDelay: s.openForMs,
    }),
  /** @param {Knobs} knobs */
  timeout: (knobs) => new mollitia.Timeout({ delay: knobs.timeoutMs ?? s.timeoutMs }),
  bulkhead: () => new mollitia.Bulkhead({ concurrentSize: s.maxConcurrent, queueSize: 0 }),
};
