import { BrakeRegulator } from './brake/brake-regulator.js';
import { LatencyRegulator } from './latency-regulator.js';
import type { ResolvedAdaptiveLimiter } from './options.js';
import type { Regulator } from './regulator.js';

/** The regulator that the options ask for. */
export function regulatorOf(options: ResolvedAdaptiveLimiter): Regulator {
  const { algorithm, minLimit, maxLimit, initialLimit } = options;
  return algorithm === 'brake'
    ? new BrakeRegulator(minLimit, maxLimit, initialLimit)
    : new LatencyRegulator({ ...options, algorithm });
}
