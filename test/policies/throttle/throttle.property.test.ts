import fc from 'fast-check';
import { BulkheadFullError, bulkhead, pipeline, ThrottledError, throttle, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { DOWN } from './support.js';

const call = fc.record({
  afterMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 40 })),
  takesMs: fc.oneof(fc.constant(0), fc.nat({ max: 60 })),
  ends: fc.constantFrom('resolve', 'resolve', 'reject', 'reject', 'throw', 'return', 'never'),
  /** How long after its start the caller aborts, if so. */
  abortAfterMs: fc.option(fc.nat({ max: 80 }), { nil: undefined, freq: 4 }),
  chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

const setting = fc.record({
  requestsPerAccept: fc.constantFrom(1.1, 1.5, 2, 4),
  minimumCalls: fc.integer({ min: 1, max: 5 }),
  maxProbability: fc.constantFrom(0.3, 0.9, 0.99),
  dryRun: fc.boolean(),
  /** Either says that the upstream was too slow: nothing waits between them. */
  outerMs: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
  innerMs: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
  maxConcurrent: fc.integer({ min: 1, max: 6 }),
});

/** What the book counts, call by call. */
type Fate = 'in flight' | 'accepted' | 'refused' | 'taken back';

it('L3, G3, G5, B11: any calls are counted and refused as a list of them says', async () => {
  await fc.assert(
    fc.asyncProperty(
      setting,
      fc.array(call, { maxLength: 40, size: 'max' }),
      async (given, calls) => {
        const { outerMs, innerMs, maxConcurrent, dryRun, ...rule } = given;
        const clock = new VirtualClock();
        let chance = 0;
        let drawn = 0;
        const policy = throttle({
          ...rule,
          dryRun,
          // Nothing leaves it: windows that move are another test's.
          window: '1h',
          random: () => {
            drawn++;
            return chance;
          },
        });
        const made = pipeline(
          { name: 'p', clock },
          ...(outerMs === undefined ? [] : [timeout({ name: 'outer', duration: outerMs })]),
          policy,
          bulkhead({ maxConcurrent, releaseOnAbandon: true }),
          ...(innerMs === undefined ? [] : [timeout({ name: 'inner', duration: innerMs })]),
        );
        let wouldRefuse = 0;
        made.on('rejection', ({ policy: by, enforced }) => {
          if (by === 'throttle' && !enforced) wouldRefuse++;
        });
        const fates: Fate[] = [];
        const of = (fate: Fate) => fates.filter((each) => each === fate).length;
        const counts = () => ({
          requests: fates.length - of('taken back'),
          inFlight: of('in flight'),
          accepts: of('accepted'),
        });
        /** The formula, over the list. */
        const probability = (): number => {
          const { requests, inFlight, accepts } = counts();
          if (requests < rule.minimumCalls) return 0;
          const excess = requests - inFlight - rule.requestsPerAccept * accepts;
          return Math.min(rule.maxProbability, Math.max(0, excess / (requests + 1)));
        };
        const settled: Promise<void>[] = [];
        for (const [i, { afterMs, takesMs, ends, abortAfterMs, chance: next }] of calls.entries()) {
          await clock.advance(afterMs);
          expect(policy.snapshot()).toEqual({ ...counts(), probability: probability() });
          const caller = new AbortController();
          if (abortAfterMs === 0) caller.abort();
          else if (abortAfterMs !== undefined) clock.setTimer(() => caller.abort(), abortAfterMs);
          chance = next;
          const before = { drawn, wouldRefuse, p: probability() };
          const comes = !caller.signal.aborted;
          const refused = comes && before.p > 0 && chance < before.p;
          fates.push(!comes ? 'taken back' : refused ? 'refused' : 'in flight');
          let ran = false;
          const result = made.settle(
            () => {
              ran = true;
              if (ends === 'throw') throw DOWN;
              if (ends === 'return') return i;
              return new Promise((resolve, reject) => {
                if (ends === 'never') return;
                clock.setTimer(() => (ends === 'resolve' ? resolve(i) : reject(DOWN)), takesMs);
              });
            },
            { signal: caller.signal },
          );
          expect(drawn - before.drawn).toBe(comes && before.p > 0 ? 1 : 0);
          expect(wouldRefuse - before.wouldRefuse).toBe(refused && dryRun ? 1 : 0);
          if (refused && !dryRun) expect(ran).toBe(false);
          settled.push(
            result.then((answer) => {
              if (!comes || refused) {
                const { reason } = answer as PromiseRejectedResult;
                expect(reason instanceof ThrottledError).toBe(refused && !dryRun);
                return;
              }
              fates[i] = fateOf(answer, caller.signal);
            }),
          );
          await clock.flush();
        }
        await clock.runAll();
        // Calls that nothing ends are in flight for ever: only what has failed by now is to be heard of.
        await Promise.race([Promise.all(settled), clock.flush()]);
        expect(policy.snapshot()).toEqual({ ...counts(), probability: probability() });
      },
    ),
    { numRuns: 200 },
  );

  function fateOf(answer: PromiseSettledResult<unknown>, signal: AbortSignal): Fate {
    if (answer.status === 'fulfilled') return 'accepted';
    const { reason } = answer;
    if (reason === signal.reason || reason instanceof BulkheadFullError) return 'taken back';
    if (reason === DOWN) return 'refused';
    return 'refused';
  }
});
