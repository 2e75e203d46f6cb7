// @ts-check
/**
 * Each library's policies with the numbers of settings.js. The order in which they are put together
 * stands in the arms.
 *
 * @module
 */

import * as cockatiel from 'cockatiel4';
import * as holdfast from 'holdfast';
import * as mollitia from 'mollitia';
import { FALLBACK, settings as s } from './settings.js';

/** @typedef {import('./types.d.ts').Knobs} Knobs */

const ofHoldfast = {
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

const ofCockatiel = {
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

const ofMollitia = {
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

/** opossum is a breaker with options for the rest; the order of its policies is fixed. */
const ofOpossum = {
  breaker: {
    errorThresholdPercentage: s.failureRate * 100,
    rollingCountTimeout: s.windowMs,
    rollingCountBuckets: 10,
    volumeThreshold: s.minimumCalls,
    resetTimeout: s.openForMs,
    /** Its percentiles sort every latency of the window at each failure, which would be all we measured. */
    rollingPercentilesEnabled: false,
  },
  bulkhead: { capacity: s.maxConcurrent },
  /** @param {Knobs} knobs */
  timeout: (knobs) => ({ timeout: knobs.timeoutMs ?? s.timeoutMs }),
  noTimeout: /** @type {{ timeout: false }} */ ({ timeout: false }),
};

export { ofCockatiel, ofHoldfast, ofMollitia, ofOpossum };
