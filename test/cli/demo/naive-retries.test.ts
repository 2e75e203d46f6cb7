import { describe, expect, it } from 'vitest';
import { naiveRetries } from '../../../src/cli/demo/naive-retries.js';

const plan = { maxRetries: 3, backoffMs: 1, attemptMs: 10_000, totalMs: 10_000 };

/** An attempt that fails `failures` times before it answers, and counts. */
function failing(failures: number) {
  const attempt = async (): Promise<string> => {
    attempt.count += 1;
    if (attempt.count <= failures) throw new Error(`failure ${attempt.count}`);
    return 'answer';
  };
  attempt.count = 0;
  return attempt;
}

describe('naiveRetries', () => {
  it('sends again whatever failed', async () => {
    const attempt = failing(3);
    expect(await naiveRetries(attempt, plan)).toBe('answer');
    expect(attempt.count).toBe(4);
  });

  it('gives up after the last retry, with its error', async () => {
    const attempt = failing(9);
    await expect(naiveRetries(attempt, plan)).rejects.toThrow('failure 4');
    expect(attempt.count).toBe(4);
  });

  it('begins no retry for which no time is left', async () => {
    const attempt = failing(9);
    await expect(naiveRetries(attempt, { ...plan, backoffMs: 20_000 })).rejects.toThrow(
      'failure 1',
    );
    expect(attempt.count).toBe(1);
  });

  it('ends an attempt after its own time', async () => {
    const signals: AbortSignal[] = [];
    const hanging = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        signals.push(signal);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const call = naiveRetries(hanging, { ...plan, maxRetries: 1, attemptMs: 5 });
    await expect(call).rejects.toThrow('timeout');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});
