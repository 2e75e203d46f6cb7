import { pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** A loop that polls came back at once when the budget was spent: it asked an upstream that was down as fast as that could answer. */
it('R6: a loop that polls without budget asks no more often than its backoff says', async () => {
  for (const [whenSpent, atMost] of [
    ['wait', 60],
    ['return', Number.POSITIVE_INFINITY],
  ] as const) {
    const clock = new VirtualClock();
    const poll = pipeline(
      { name: 'poll', clock },
      timeout('5s'),
      retry({ whenSpent, budget: { ratio: 0.1, minPerSecond: 0 }, backoff: () => 200 }),
    );
    let asked = 0;
    const loop = async () => {
      while (clock.now() < 10_000) {
        await poll.settle(async () => {
          asked++;
          await new Promise<void>((resolve) => void clock.setTimer(() => resolve(), 10));
          throw new Error('503');
        });
      }
    };
    await clock.runUntil(loop());
    expect(asked).toBeGreaterThan(40);
    expect(asked).toBeLessThanOrEqual(atMost);
    if (whenSpent === 'return') expect(asked).toBeGreaterThan(300);
  }
});
