/**
 * A time as a call can carry it at no cost: microseconds, modulo 2^32. A number with a fraction would be an allocation, where a small
 * integer is none.
 */
export function stampOf(nowMs: number): number {
  return (nowMs * 1_000) | 0;
}

/** The time since a stamp, for what takes up to 35 minutes; what takes longer comes out as nonsense, such as less than 0. */
export function elapsedMs(stamp: number, nowMs: number): number {
  return ((stampOf(nowMs) - stamp) | 0) / 1_000;
}
