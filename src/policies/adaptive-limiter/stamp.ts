/**
 * A time that a call can carry at no cost: microseconds, modulo 2^32. A number with a fraction would be an allocation. A small
 * integer is none.
 */
export function stampOf(nowMs: number): number {
  return (nowMs * 1_000) | 0;
}

/** The time since a stamp, up to 35 minutes. Longer times give nonsense, such as a negative number. */
export function elapsedMs(stamp: number, nowMs: number): number {
  return ((stampOf(nowMs) - stamp) | 0) / 1_000;
}
