/** Length of a tick, in milliseconds: the most by which `TimeSource.recent()` lags while the event loop turns freely. */
export const TICK_MS = 4;

/** Wants to hear the next tick of a time source, once. */
export interface TickListener {
  onTick(nowMs: number): void;
}
