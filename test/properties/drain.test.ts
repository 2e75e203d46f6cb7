import fc from 'fast-check';
import {
  bulkhead,
  ConstantBackoff,
  DrainingError,
  keyed,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** Times are whole numbers that no two things share, so that nothing depends on what comes first in one instant. */
interface CallSpec {
  readonly key: 'a' | 'b' | 'c';
  readonly startsAt: number;
  readonly takes: number;
  readonly fails: number;
  readonly abortAfter: number | undefined;
}

const time = fc.integer({ min: 1, max: 100_000 });
const call: fc.Arbitrary<CallSpec> = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  startsAt: time,
  takes: time,
  fails: fc.integer({ min: 0, max: 2 }),
  abortAfter: fc.option(time, { nil: undefined }),
});

it('G17: whatever calls there are, a drain refuses all later ones, ends with the last one before, and tells what is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 12 }),
      time,
      time,
      fc.boolean(),
      async (specs, drainsAt, limit, listens) => {
        const clock = new VirtualClock();
        const start = clock.now();
        const now = (): number => clock.now() - start;
        const calls = keyed(
          pipeline(
            { name: 'calls', clock },
            timeout(150_000.5),
            retry({ maxRetries: 2, backoff: new ConstantBackoff(1_000), budget: false }),
            bulkhead({ maxConcurrent: 2, maxQueued: 20 }),
          ),
        );
        if (listens) calls.on(() => {});
        const settledAt = new Map<number, number>();
        const refused = new Set<number>();
        specs.forEach(({ key, startsAt, takes, fails, abortAfter }, i) => {
          const aborts = new AbortController();
          clock.setTimer(
            () => {
              if (abortAfter !== undefined) clock.setTimer(() => aborts.abort(), abortAfter);
              let runs = 0;
              const operation = () =>
                new Promise((resolve, reject) => {
                  const done = ++runs > fails ? resolve : reject;
                  clock.setTimer(() => done(new Error('no')), takes);
                });
              void calls.settle(key, operation, { signal: aborts.signal }).then((result) => {
                settledAt.set(i, now());
                if (result.status === 'rejected' && result.reason instanceof DrainingError) {
                  refused.add(i);
                }
              });
            },
            startsAt + i / 100,
          );
        });
        let ended: { at: number; inFlight: number; byKey: object } | undefined;
        clock.setTimer(() => {
          void calls.drain(limit).then((left) => {
            ended = { at: now(), ...left };
          });
        }, drainsAt + 0.5);
        await clock.advance('1h');

        const before = specs.flatMap(({ startsAt }, i) =>
          startsAt + i / 100 < drainsAt + 0.5 ? [i] : [],
        );
        expect([...refused].sort()).toEqual(
          specs.flatMap((_, i) => (before.includes(i) ? [] : [i])).sort(),
        );
        const last = Math.max(drainsAt + 0.5, ...before.map((i) => settledAt.get(i) as number));
        const at = Math.min(last, drainsAt + 0.5 + limit);
        expect(ended?.at).toBeCloseTo(at, 6);
        const left = before.filter((i) => (settledAt.get(i) as number) > at + 1e-6);
        expect(ended?.inFlight).toBe(left.length);
        const byKey: Record<string, { inFlight: number }> = {};
        for (const i of left) {
          const { key } = specs[i] as CallSpec;
          byKey[key] = { inFlight: (byKey[key]?.inFlight ?? 0) + 1 };
        }
        expect(ended?.byKey).toEqual(byKey);
      },
    ),
    { numRuns: 300 },
  );
});
