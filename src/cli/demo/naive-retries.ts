import { setTimeout as sleep } from 'node:timers/promises';

/** What the demo's naive retries do. */
export interface NaiveRetries {
  readonly maxRetries: number;
  /** Before the first retry. Doubled for each one after. */
  readonly backoffMs: number;
  /** How long each attempt may take. */
  readonly attemptMs: number;
  /** How long all of it may take. */
  readonly totalMs: number;
}

/** Retries as most people write them: whatever failed is sent again. */
export async function naiveRetries<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { maxRetries, backoffMs, attemptMs, totalMs }: NaiveRetries,
): Promise<T> {
  const deadline = performance.now() + totalMs;
  const left = (): number => Math.max(0, Math.ceil(deadline - performance.now()));
  for (let retry = 0; ; retry += 1) {
    try {
      return await attempt(AbortSignal.timeout(Math.min(attemptMs, left())));
    } catch (error) {
      const delayMs = backoffMs * 2 ** retry;
      if (retry === maxRetries || delayMs >= left()) throw error;
      await sleep(delayMs);
    }
  }
}
