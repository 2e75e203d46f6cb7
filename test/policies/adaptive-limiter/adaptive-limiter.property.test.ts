import fc from 'fast-check';
import { adaptiveLimiter, LimitExceededError, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

const call = fc.record({
  afterMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 40 })),
  takesMs: fc.oneof(fc.nat({ max: 60 }), fc.constant(0)),
  ends: fc.constantFrom('resolve', 'overload', 'reject', 'throw', 'return', 'never'),
  level: fc.nat({ max: 2 }),
  /** How long after its start the caller aborts, if so. */
  abortAfterMs: fc.option(fc.nat({ max: 80 }), { nil: undefined }),
  /** Whether the operation ends when its signal aborts. */
  listens: fc.boolean(),
});

const options = fc.record({
  algorithm: fc.constantFrom(
    'brake' as const,
    'brake' as const,
    'gradient' as const,
    'vegas' as const,
    'aimd' as const,
  ),
  initialLimit: fc.integer({ min: 1, max: 5 }),
  /** Whether the limit stays as it is: then it holds exactly, at every moment. */
  fixed: fc.boolean(),
  maxQueued: fc.nat({ max: 8 }),
  maxWait: fc.integer({ min: 1, max: 50 }),
  releaseOnAbandon: fc.boolean(),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
});

/** A call that waits, as the model has it. */
interface Waiting {
  readonly id: number;
  readonly level: number;
  readonly since: number;
}

it('L2, G3: admits in order and never above the limit, sheds what has waited too long, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.array(call, { minLength: 1, maxLength: 120, size: 'max' }),
      async ({ timeoutMs, maxQueued, maxWait, fixed, ...rest }, calls) => {
        const clock = new VirtualClock();
        const cap = fixed ? rest.initialLimit : 6;
        let level = 0;
        const policy = adaptiveLimiter({
          ...rest,
          minLimit: fixed ? rest.initialLimit : 1,
          maxLimit: cap,
          handle: ({ kind, ...outcome }) =>
            kind === 'success' && 'value' in outcome && outcome.value === 'overload',
          ...(maxQueued === 0 ? { maxQueued } : { maxQueued, maxWait, priority: () => level }),
        });
        const around = timeoutMs === undefined ? [] : [timeout(timeoutMs)];
        const made = pipeline({ name: 'p', clock }, ...around, policy);
        const waiting = new Map<number, Waiting>();
        const finish: (() => void)[] = [];
        const settled: Promise<unknown>[] = [];
        /** What an operation finds wrong: it cannot throw it, for that would only be how its call ends. */
        const faults: string[] = [];
        /** Who started while somebody more entitled had not. One that has ended in that very moment is not known to have yet. */
        const passed: { readonly by: number; readonly id: number }[] = [];
        const ran = new Set<number>();
        const started = (id: number): void => {
          // The limit may have shrunk between the admission of a waiter and its start. The cap has not.
          if (policy.snapshot().inFlight > cap) faults.push(`${id} is above the cap`);
          ran.add(id);
          const place = waiting.get(id);
          if (place === undefined) return;
          waiting.delete(id);
          if (clock.now() - place.since > maxWait) faults.push(`${id} waited too long`);
          for (const other of waiting.values()) {
            const isFirst =
              other.level > place.level || (other.level === place.level && other.id < id);
            if (isFirst) passed.push({ by: id, id: other.id });
          }
        };
        for (const [id, each] of calls.entries()) {
          await clock.advance(each.afterMs);
          const caller = new AbortController();
          const { abortAfterMs } = each;
          const givesUp = (): void => {
            waiting.delete(id);
            caller.abort();
          };
          if (abortAfterMs === 0) caller.abort();
          else if (abortAfterMs !== undefined) clock.setTimer(givesUp, abortAfterMs);
          level = each.level;
          const before = policy.snapshot();
          let runs = false;
          const result = made.settle(
            ({ signal }) => {
              runs = true;
              started(id);
              if (each.ends === 'throw') throw new Error('thrown');
              if (each.ends === 'return') return id;
              return new Promise((resolve, reject) => {
                const done = (): void => {
                  if (each.ends === 'reject') reject(new Error('rejected'));
                  else resolve(each.ends);
                };
                if (each.ends === 'never') finish.push(done);
                else if (each.takesMs === 0) done();
                else clock.setTimer(done, each.takesMs);
                if (each.listens) signal.addEventListener('abort', done);
              });
            },
            { signal: caller.signal },
          );
          settled.push(
            result.then((ended) => {
              const place = waiting.get(id);
              if (place !== undefined && clock.now() - place.since > maxWait) {
                faults.push(`${id} was refused too late`);
              }
              waiting.delete(id);
              if (ended.status === 'rejected' && ended.reason instanceof LimitExceededError) {
                expect(runs).toBe(false);
              }
            }),
          );
          const after = policy.snapshot();
          // At its own admission, the limit in force was not exceeded.
          if (after.inFlight > before.inFlight) {
            expect(after.inFlight).toBeLessThanOrEqual(after.limit);
          }
          if (!runs && abortAfterMs !== 0 && after.inFlight === before.inFlight) {
            if (after.queued > before.queued) {
              waiting.set(id, { id, level: each.level, since: clock.now() });
            } else if (after.queued > 0 && before.queued === maxQueued) {
              // Refused, or in the place of the newest of the least important.
              const least = Math.min(...[...waiting.values()].map((place) => place.level));
              if (each.level > least) {
                const newest = [...waiting.values()]
                  .filter((place) => place.level === least)
                  .at(-1) as Waiting;
                waiting.delete(newest.id);
                waiting.set(id, { id, level: each.level, since: clock.now() });
              }
            }
          }
          expect(after.queued).toBeLessThanOrEqual(maxQueued);
          expect(after.queued).toBeLessThanOrEqual(waiting.size);
          // A slot is never left free while somebody waits.
          if (after.queued > 0) {
            expect(after.inFlight + after.kept).toBeGreaterThanOrEqual(after.limit);
          }
          expect(after.limit).toBeGreaterThanOrEqual(fixed ? cap : 1);
          expect(after.limit).toBeLessThanOrEqual(cap);
          if (rest.algorithm !== 'brake') expect(after.kept).toBe(0);
        }
        await clock.runAll();
        for (let done = finish.shift(); done !== undefined; done = finish.shift()) {
          done();
          await clock.runAll();
        }
        await Promise.all(settled);
        expect(faults).toEqual([]);
        expect(passed.filter(({ id }) => ran.has(id))).toEqual([]);
        expect(waiting.size).toBe(0);
        expect(policy.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
        // What it remembers of a brake that is on, and of slots that are kept, needs no timer.
        expect(clock.pending).toBe(0);
        await clock.advance('31s');
        expect(policy.busy()).toBe(false);
        if (rest.algorithm === 'brake')
          expect(policy.snapshot()).toMatchObject({ limit: cap, kept: 0 });
        expect(made.snapshot().inFlight).toBe(0);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});
