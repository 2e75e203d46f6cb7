import { setTimeout as sleep } from 'node:timers/promises';

/** The settings of the demo's naive retries. */
export interface NaiveRetries {
  readonly maxRetries: number;
  /** The wait before the first retry. It doubles for each one after. */
  readonly backoffMs: number;
  /** How long each attempt may take. */
  readonly attemptMs: number;
  /** How long the whole call may take. */
  readonly totalMs: number;
}

/** Retries as most people write them: every failure is sent again. */
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
