// @ts-check
import { settings as s } from '../settings.js';

/** @typedef {import('../types.d.ts').Knobs} Knobs */

/** opossum is a breaker with options for the rest; the order of its policies is fixed. */
export const ofOpossum = {
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
