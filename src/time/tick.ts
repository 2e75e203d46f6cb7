/** Length of a tick, in milliseconds. While the event loop turns freely, `TimeSource.recent()` lags by no more than this. */
export const TICK_MS = 4;

/** Gets the next tick of a time source, once. */
export interface TickListener {
  onTick(nowMs: number): void;
}
