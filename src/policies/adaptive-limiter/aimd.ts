/**
 * Additive increase: one more call each round, as TCP does each round trip. Latency does not matter; the decrease comes from signs
 * of overload, as with the other algorithms.
 *
 * @see https://doi.org/10.1016/0169-7552(89)90019-6 Chiu, Jain: Analysis of the increase and decrease algorithms, 1989
 */
export function aimd(limit: number): number {
  return limit + 1;
}
