import fc from 'fast-check';
import { type Outcome, pipeline, RejectedError, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { gate } from '../../pipeline/support/layers.js';

const run = fc.record({
  door: fc.constantFrom('admit', 'admit', 'admit', 'refuse', 'wait', 'wait and refuse', 'throw'),
  ends: fc.constantFrom('bad', 'bad', 'good', 'throw', 'reject as another pipeline'),
  takesMs: fc.constantFrom(0, 1, 30),
});
const setting = fc.record({
  runs: fc.array(run, { minLength: 1, maxLength: 8 }),
  maxRetries: fc.nat({ max: 4 }),
  delayMs: fc.constantFrom(0, 7, 50),
  nested: fc.boolean(),
  retriesRefusals: fc.boolean(),
  whenSpent: fc.constantFrom('return' as const, 'wait' as const),
  minPerSecond: fc.constantFrom(0, 1, 100),
  totalMs: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
  abortAt: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
});

it('R7, R9, G9: each result is answered or discarded, once; what is answered is what really happened', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(setting, async (given) => {
      const clock = new VirtualClock();
      const discarded: unknown[] = [];
      const results: { readonly is: string }[] = [];
      const errors: unknown[] = [];
      let settled = false;
      let entered = 0;
      let ran = 0;
      const of = (n: number) =>
        given.runs[Math.min(n, given.runs.length - 1)] as (typeof given.runs)[0];
      const later = (ms: number) =>
        new Promise<void>((resolve) => void clock.setTimer(() => resolve(), ms));
      const refusals = new Set<unknown>();
      const refuse = () => {
        const refusal = new RejectedError('no');
        refusals.add(refusal);
        return refusal;
      };
      const door = gate({
        name: 'door',
        enter() {
          expect(settled).toBe(false);
          const { door: how } = of(entered++);
          if (how === 'refuse') return refuse();
          if (how === 'wait') return later(20).then(() => undefined);
          if (how === 'wait and refuse') return later(20).then(refuse);
          if (how === 'throw') throw new Error('door');
          return undefined;
        },
      });
      const policy = () =>
        retry({
          maxRetries: given.maxRetries,
          backoff: () => given.delayMs,
          budget: { ratio: 0, minPerSecond: given.minPerSecond },
          whenSpent: given.whenSpent,
          handle: (outcome: Outcome) =>
            outcome.kind === 'success'
              ? (outcome.value as { is: string }).is === 'bad'
              : outcome.kind === 'failure' ||
                (given.retriesRefusals && outcome.kind === 'rejected'),
        });
      const calls = pipeline(
        { name: 'calls', clock, discard: (value) => discarded.push(value) },
        ...(given.totalMs === undefined ? [] : [timeout(given.totalMs)]),
        policy(),
        ...(given.nested ? [policy()] : []),
        door,
      );
      const stops: string[] = [];
      calls.on('retry_stopped', ({ reason, by }) => {
        expect(settled).toBe(false);
        expect(by).toBe(reason === 'rejected' ? 'door' : undefined);
        stops.push(reason);
        seen.add(reason);
      });
      const operation = async () => {
        expect(settled).toBe(false);
        const { ends, takesMs } = of(ran++);
        if (takesMs > 0) await later(takesMs);
        if (ends === 'throw' || ends === 'reject as another pipeline') {
          const error =
            ends === 'throw' ? new Error('down') : new RejectedError('no', { pipeline: 'other' });
          errors.push(error);
          throw error;
        }
        const result = { is: ends };
        results.push(result);
        return result;
      };
      const caller = new AbortController();
      if (given.abortAt !== undefined) clock.setTimer(() => caller.abort(), given.abortAt);
      const call = calls.settle(operation, { signal: caller.signal }).then((result) => {
        settled = true;
        return result;
      });
      const result = await clock.runUntil(call);
      await clock.runAll();

      const answered = result.status === 'fulfilled' ? [result.value] : [];
      expect(new Set([...answered, ...discarded])).toEqual(new Set(results));
      expect(answered.length + discarded.length).toBe(results.length);
      if (result.status === 'rejected' && refusals.has(result.reason)) {
        seen.add('refused');
        // Nothing that was answered, and no error, was lost by it.
        expect([ran, results.length, errors.length]).toEqual([0, 0, 0]);
      }
      expect(clock.pending).toBe(0);
      expect(calls.inFlight).toBe(0);
    }),
    { numRuns: 1_500 },
  );
  expect([...seen].sort()).toEqual(['budget', 'deadline', 'exhausted', 'refused', 'rejected']);
});
