import * as fc from 'fast-check';
import {
  bulkhead,
  type Drive,
  type Driver,
  type Gate,
  type Outcome,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** Counts who is inside. */
class Counts implements Gate {
  readonly role = 'gate';
  readonly type = 'counts';
  inside = 0;
  entered = 0;

  enter(): undefined {
    this.inside++;
    this.entered++;
  }

  exit(): void {
    this.inside--;
  }
}

/** As a policy of cockatiel's with a time of its own: tells, and waits for the run or not. */
class Tells implements Driver {
  readonly role = 'driver';
  readonly type = 'tells';
  readonly #afterMs: number;
  readonly #waits: boolean;
  readonly #clock: VirtualClock;

  constructor(afterMs: number, waits: boolean, clock: VirtualClock) {
    this.#afterMs = afterMs;
    this.#waits = waits;
    this.#clock = clock;
  }

  async drive(drive: Drive): Promise<Outcome> {
    const controller = new AbortController();
    const over = new Promise<Outcome>((resolve) => {
      this.#clock.setTimer(() => {
        controller.abort('over');
        resolve({ kind: 'timeout', error: 'over' });
      }, this.#afterMs);
    });
    const run = drive.next({ signal: controller.signal, cooperative: true });
    return this.#waits ? run : Promise.race([run, over]);
  }
}

const attempt = fc.record({
  takes: fc.integer({ min: 0, max: 30 }),
  fails: fc.boolean(),
  /** How long after it was told it ends; never, when undefined. */
  listens: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
});

it('G2, G3: runs that are told that their time is over end once, and give everything back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(attempt, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 30 }),
      fc.boolean(),
      fc.constantFrom(undefined, 3, 12, 40),
      fc.constantFrom(undefined, 2, 9, 25),
      fc.integer({ min: 1, max: 3 }),
      async (attempts, afterMs, waits, outerMs, abortMs, calls) => {
        const clock = new VirtualClock();
        const inner = new Counts();
        const outer = new Counts();
        const limited = bulkhead({ maxConcurrent: 1, maxQueued: 5 });
        const subject = pipeline(
          { name: 'x', clock },
          ...(outerMs === undefined ? [] : [timeout(outerMs)]),
          outer,
          new Tells(afterMs, waits, clock),
          retry({ maxRetries: 2, backoff: () => 4, budget: false }),
          limited,
          inner,
        );
        const ends: string[] = [];
        subject.on('call', ({ outcome }) => ends.push(outcome));
        let made = 0;
        const controller = new AbortController();
        const settled = Array.from({ length: calls }, () =>
          subject.settle(
            ({ signal }) => {
              const { takes, fails, listens } = attempts[made++ % attempts.length]!;
              return new Promise((resolve, reject) => {
                const end = () => (fails ? reject(new Error('failed')) : resolve('done'));
                clock.setTimer(end, takes);
                if (listens === undefined) return;
                signal.addEventListener('abort', () => {
                  clock.setTimer(() => reject(signal.reason), listens);
                });
              });
            },
            { signal: controller.signal },
          ),
        );
        // With one call, nobody else is inside: what it has given up is out when it settles, though its operation may go on.
        const left: number[] = [];
        if (calls === 1) void settled[0]?.then(() => left.push(inner.inside));
        if (abortMs !== undefined) clock.setTimer(() => controller.abort('enough'), abortMs);
        for (let ms = 0; ms < 400; ms += 5) await clock.advance(5);
        await Promise.all(settled);
        expect(ends).toHaveLength(calls);
        expect(left).toEqual(calls === 1 ? [0] : []);
        expect([inner.inside, outer.inside, subject.inFlight]).toEqual([0, 0, 0]);
        expect(limited.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
        expect(inner.entered).toBe(made);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});
