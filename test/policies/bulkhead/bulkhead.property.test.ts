import fc from 'fast-check';
import { bulkhead, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

const ending = fc.constantFrom('resolve', 'reject', 'throw', 'return', 'never');

const call = fc.record({
  afterMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 40 })),
  takesMs: fc.oneof(fc.nat({ max: 60 }), fc.constant(0)),
  ends: ending,
  /** How long after its start the caller aborts, if so. */
  abortAfterMs: fc.option(fc.nat({ max: 80 }), { nil: undefined }),
  /** Whether the operation ends when its signal aborts. */
  listens: fc.boolean(),
});

const options = fc.record({
  maxConcurrent: fc.integer({ min: 1, max: 4 }),
  maxQueued: fc.nat({ max: 8 }),
  maxWait: fc.option(fc.nat({ max: 50 }), { nil: undefined }),
  releaseOnAbandon: fc.boolean(),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
});

it('Q1 to Q4: never too many at once, in order, everybody served or refused, every slot given back', async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.array(call, { maxLength: 40, size: 'max' }),
      async ({ timeoutMs, maxQueued, maxWait, ...rest }, calls) => {
        const clock = new VirtualClock();
        const policy = bulkhead({
          ...rest,
          maxQueued,
          ...(maxWait === undefined || maxQueued === 0 ? {} : { maxWait }),
        });
        const around = timeoutMs === undefined ? [] : [timeout(timeoutMs)];
        const made = pipeline({ name: 'p', clock }, ...around, policy);
        /** Operations that run for real, and those whose caller still waits. */
        let real = 0;
        let wanted = 0;
        let mostReal = 0;
        let mostWanted = 0;
        const startOrder: number[] = [];
        const finish: (() => void)[] = [];
        const settled: Promise<unknown>[] = [];
        for (const [i, { afterMs, takesMs, ends, abortAfterMs, listens }] of calls.entries()) {
          await clock.advance(afterMs);
          const caller = new AbortController();
          if (abortAfterMs === 0) caller.abort();
          else if (abortAfterMs !== undefined) clock.setTimer(() => caller.abort(), abortAfterMs);
          let given = false;
          const result = made.settle(
            ({ signal }) => {
              startOrder.push(i);
              real++;
              wanted++;
              mostReal = Math.max(mostReal, real);
              mostWanted = Math.max(mostWanted, wanted);
              let over = false;
              const end = (): void => {
                if (over) return;
                over = true;
                real--;
                if (!given) wanted--;
                given = true;
              };
              signal.addEventListener('abort', () => {
                if (rest.releaseOnAbandon && !given) {
                  given = true;
                  wanted--;
                }
              });
              if (ends === 'throw') {
                end();
                throw new Error('thrown');
              }
              if (ends === 'return') {
                end();
                return i;
              }
              return new Promise((resolve, reject) => {
                const done = (): void => {
                  end();
                  if (ends === 'reject') reject(new Error('rejected'));
                  else resolve(i);
                };
                if (ends === 'never') finish.push(done);
                else if (takesMs === 0) done();
                else clock.setTimer(done, takesMs);
                if (listens) signal.addEventListener('abort', done);
              });
            },
            { signal: caller.signal },
          );
          settled.push(result);
          const { inFlight, queued } = policy.snapshot();
          expect(inFlight).toBeLessThanOrEqual(rest.maxConcurrent);
          expect(queued).toBeLessThanOrEqual(maxQueued);
          // A slot is never left free while somebody waits.
          if (queued > 0) expect(inFlight).toBe(rest.maxConcurrent);
        }
        // What would never settle does so in the end, one after the other; then nobody may be left waiting.
        await clock.runAll();
        for (let done = finish.shift(); done !== undefined; done = finish.shift()) {
          done();
          await clock.runAll();
        }
        await Promise.all(settled);
        if (!rest.releaseOnAbandon) expect(mostReal).toBeLessThanOrEqual(rest.maxConcurrent);
        expect(mostWanted).toBeLessThanOrEqual(rest.maxConcurrent);
        expect(policy.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
        expect(policy.busy()).toBe(false);
        expect(startOrder).toEqual([...startOrder].sort((a, b) => a - b));
        expect(made.snapshot().inFlight).toBe(0);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});
