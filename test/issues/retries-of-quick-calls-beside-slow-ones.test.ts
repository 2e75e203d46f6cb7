import { pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** A kind of work: how long a success of it takes, how long its callers wait, and how many of 20 calls are of that kind. */
interface Work {
  readonly takesMs: number;
  readonly timeout: number | undefined;
  readonly share: number;
}

/** Runs 1,000 calls of which each first attempt fails. Returns the share of each kind's calls that were retried, in the second half. */
async function retriedShares(...kinds: Work[]): Promise<number[]> {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, retry({ initialDelay: 0, budget: false }));
  const turns = kinds.flatMap((kind) => new Array<Work>(kind.share).fill(kind));
  const retried = new Map<Work, number>(kinds.map((kind) => [kind, 0]));
  const rounds = 1_000 / turns.length;
  for (let round = 0; round < rounds; round++) {
    for (const kind of turns) {
      let attempts = 0;
      const call = calls.settle(
        async () => {
          if (++attempts === 1) throw new Error('boom');
          if (round >= rounds / 2) retried.set(kind, (retried.get(kind) ?? 0) + 1);
          await new Promise<void>((resolve) => clock.setTimer(resolve, kind.takesMs));
        },
        kind.timeout === undefined ? undefined : { timeout: kind.timeout },
      );
      await clock.runAll();
      await call;
    }
  }
  return kinds.map((kind) => (retried.get(kind) ?? 0) / ((rounds / 2) * kind.share));
}

/** Each success of a slow call undid what twenty doubts had done, so quick calls with little time were never retried beside slow ones. */
it.each([1, 5, 15])('R5: quick calls are retried beside %d slow ones of 20', async (slow) => {
  const [quick] = await retriedShares(
    { takesMs: 5, timeout: 50, share: 20 - slow },
    { takesMs: 2_000, timeout: undefined, share: slow },
  );
  expect(quick).toBeGreaterThan(0.95);
});

it('R5: calls that cannot be over in time are hardly ever retried, alone or beside others that can', async () => {
  const hopeless = { takesMs: 2_000, timeout: 200, share: 10 };
  const [beside, others] = await retriedShares(hopeless, {
    takesMs: 2_000,
    timeout: undefined,
    share: 10,
  });
  expect(beside).toBeLessThan(0.05);
  expect(others).toBe(1);
});
