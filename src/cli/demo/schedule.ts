/**
 * When call number `index` is due. Calls come at a fixed rate, whatever happened to the earlier ones. A client that waits
 * for an answer before it sends the next request would take load off an upstream just when that upstream is slow.
 */
export function dueMs(index: number, rate: number): number {
  return (index * 1_000) / rate;
}

/** How many calls are due within the first `totalMs`. */
export function callsIn(totalMs: number, rate: number): number {
  return Math.ceil((totalMs * rate) / 1_000 - 1e-9);
}
