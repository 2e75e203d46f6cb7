/** Up to this many times the unloaded latency is no sign of a queue: Envoy allows 1.25, Netflix's Gradient2 1.5. */
const TOLERANCE = 1.2;

/** The most that one round takes away, so that no outlier costs more than half. */
const STEEPEST = 0.5;

/**
 * The limit times the ratio of unloaded to measured latency, plus room for a short queue: √limit.
 *
 * If C calls fit without queueing, latency grows with limit / C beyond that. So the limit settles a little above 1.2 C. It shrinks in proportion
 * to the error, which is fast. The queue that it allows makes it grow while latency stays low.
 *
 * After Netflix's Gradient and Gradient2 limits and Envoy's gradient controller.
 *
 * @see https://github.com/Netflix/concurrency-limits
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/adaptive_concurrency_filter
 */
export function gradient(limit: number, latencyMs: number, unloadedMs: number): number {
  const ratio = (TOLERANCE * unloadedMs) / latencyMs;
  return limit * Math.min(1, Math.max(STEEPEST, ratio)) + Math.sqrt(limit);
}
