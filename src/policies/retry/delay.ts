/** How the delays of an exponential backoff are spread. */
export type Jitter = 'full' | 'equal' | 'none';

/** The shape of an exponential backoff, in milliseconds. */
export interface Exponential {
  readonly initialDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly jitter: Jitter;
}

/**
 * The delay before a retry, in milliseconds: never NaN, negative or above the longest delay, at any retry number.
 *
 * Full and equal jitter are Marc Brooker's, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 *
 * @param retry 1 for the first retry.
 * @param chance 0 <= chance < 1.
 */
export function exponentialDelay(shape: Exponential, retry: number, chance: number): number {
  const { initialDelayMs, factor, maxDelayMs, jitter } = shape;
  // factor^n overflows to Infinity, which the cap absorbs. 0 * Infinity would be NaN.
  const delayMs =
    initialDelayMs === 0 ? 0 : Math.min(maxDelayMs, initialDelayMs * factor ** (retry - 1));
  switch (jitter) {
    case 'full':
      return delayMs * chance;
    case 'equal':
      // Subtract instead of adding, so that no rounding exceeds the cap.
      return delayMs - (delayMs / 2) * (1 - chance);
    default:
      return delayMs;
  }
}

/** How much longer than asked for a delay may be, so that a fleet does not return in step. */
const RETRY_AFTER_SPREAD = 0.2;

/**
 * The delay for a failure that asked for one; `undefined` when it asked for more than is allowed.
 *
 * @param chance 0 <= chance < 1.
 */
export function askedDelay(
  askedMs: number,
  maxRetryAfterMs: number,
  chance: number,
): number | undefined {
  return askedMs > maxRetryAfterMs ? undefined : askedMs * (1 + RETRY_AFTER_SPREAD * chance);
}
