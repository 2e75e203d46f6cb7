/**
 * Estimates how many of the calls in flight are queueing, and steps up or down to keep that number small but not zero.
 *
 * `limit × (1 - unloaded / measured)` is TCP Vegas's estimate of the queue. Vegas keeps it between 2 and 4 or so; here the bounds grow
 * as √limit, as the error of the estimate does.
 *
 * @see https://doi.org/10.1145/190314.190317 Brakmo, O'Malley, Peterson: TCP Vegas, 1994
 */
export function vegas(limit: number, latencyMs: number, unloadedMs: number): number {
  const queueing = limit * (1 - unloadedMs / latencyMs);
  const few = Math.sqrt(limit) / 2;
  const step = Math.max(1, few);
  if (queueing < few) return limit + step;
  if (queueing > 3 * few) return limit - step;
  return limit;
}
