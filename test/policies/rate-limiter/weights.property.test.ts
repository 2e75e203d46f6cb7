import fc from 'fast-check';
import { callCost, learnFrom, pipeline, rateLimiter } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

const shape = fc.record({
  limit: fc.integer({ min: 1, max: 7 }),
  per: fc.integer({ min: 1, max: 200 }),
  burst: fc.integer({ min: 1, max: 6 }),
  maxWait: fc.nat({ max: 150 }),
});

const amount = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 7 }) },
  fc.double({ min: 0, max: 7, noNaN: true }),
);

const call = fc.record({
  afterMs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat({ max: 60 })),
  abortAfterMs: fc.option(fc.nat({ max: 150 }), { nil: undefined }),
  cost: amount,
  /** How long it runs, and what it has cost then. */
  runsMs: fc.nat({ max: 80 }),
  actual: fc.option(amount, { nil: undefined }),
  how: fc.constantFrom('outcome', 'late'),
});

interface Start {
  readonly i: number;
  readonly at: number;
  readonly cost: number;
  final: number;
  known: number;
}

it('L4, L5: whatever calls cost, in any window their final costs are within burst + rate x time, and what was not known then', async () => {
  await fc.assert(
    fc.asyncProperty(shape, fc.array(call, { maxLength: 30 }), async (options, calls) => {
      const { limit, per, burst, maxWait } = options;
      const clock = new VirtualClock();
      const starts: Start[] = [];
      const learn = learnFrom((outcome) =>
        outcome.kind === 'success'
          ? { cost: (outcome.value as { used?: number }).used }
          : undefined,
      );
      const limiter = rateLimiter({ ...options, learn });
      const made = pipeline({ name: 'p', clock }, limiter);
      const settled: Promise<unknown>[] = [];
      for (const [i, { afterMs, abortAfterMs, cost, runsMs, actual, how }] of calls.entries()) {
        await clock.advance(afterMs);
        const caller = new AbortController();
        if (abortAfterMs === 0) caller.abort();
        else if (abortAfterMs !== undefined) clock.setTimer(() => caller.abort(), abortAfterMs);
        const madeAt = clock.now();
        const said = callCost(cost);
        const ended = made.settle(
          ({ signal }) => {
            const at = clock.now();
            const start: Start = { i, at, cost, final: cost, known: Infinity };
            starts.push(start);
            expect(at - madeAt).toBeLessThanOrEqual(maxWait + 1e-6);
            return new Promise((resolve) => {
              clock.setTimer(() => {
                if (actual !== undefined && (how === 'late' || !signal.aborted)) {
                  start.final = actual;
                  start.known = clock.now();
                }
                if (how === 'late' && actual !== undefined) said.correct(actual);
                resolve(how === 'late' ? {} : { used: actual });
              }, runsMs);
            });
          },
          { signal: caller.signal, cost: how === 'late' ? said : cost },
        );
        settled.push(ended);
      }
      await clock.runAll();
      await Promise.all(settled);
      const order = starts.filter(({ cost }) => cost > 0).map(({ i }) => i);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      for (const { cost } of starts) expect(cost).toBeLessThanOrEqual(burst);
      for (const [from, { at }] of starts.entries()) {
        let sum = 0;
        for (const [i, last] of starts.slice(from).entries()) {
          sum += last.final;
          // Who takes nothing does not wait for debts.
          if (last.cost === 0) continue;
          let unknown = 0;
          for (const { final, cost, known } of starts.slice(from, from + i + 1)) {
            if (known >= last.at) unknown += Math.max(0, final - cost);
          }
          const most = burst + ((last.at - at + 1e-6) * limit) / per;
          expect(sum - unknown).toBeLessThanOrEqual(most + 1e-6);
        }
      }
      expect(limiter.snapshot().queued).toBe(0);
      expect(clock.pending).toBe(0);
      // Debts are paid, and no permit is lost or made.
      await clock.advance(((burst + 300) * per) / limit);
      expect(limiter.snapshot().available).toBe(burst);
    }),
    { numRuns: 400 },
  );
});

it('L4: with costs, no permit is wasted, and the wait that is told or waited is exact', async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.array(
        fc.record({
          gap: fc.nat({ max: 60 }),
          cost: fc.double({ min: 0.01, max: 6, noNaN: true }),
        }),
        {
          maxLength: 40,
        },
      ),
      async (options, calls) => {
        const { limit, per, burst, maxWait } = options;
        const clock = new VirtualClock();
        const made = pipeline({ name: 'p', clock }, rateLimiter(options));
        let tokens: number = burst;
        let at = 0;
        const all: Promise<unknown>[] = [];
        for (const { gap, cost } of calls) {
          await clock.advance(gap);
          const now = clock.now();
          tokens = Math.min(burst, tokens + ((now - at) * limit) / per);
          at = now;
          const waitMs = Math.max(0, ((cost - tokens) * per) / limit);
          // Where rounding decides, either will do.
          if (Math.abs(waitMs - maxWait) < 1e-5) continue;
          const tooDear = cost > burst;
          const expected = !tooDear && waitMs <= maxWait ? 'fulfilled' : 'rejected';
          if (expected === 'fulfilled') tokens -= cost;
          const result = made.settle(() => clock.now() - now, { cost });
          all.push(
            result.then((got) => {
              expect(got.status).toBe(expected);
              if (tooDear)
                return expect((got as PromiseRejectedResult).reason.retryAfter).toBeUndefined();
              const waited = got.status === 'fulfilled' ? got.value : got.reason.retryAfter;
              expect(Math.abs(waited - waitMs)).toBeLessThan(1e-5);
            }),
          );
        }
        await clock.runAll();
        await Promise.all(all);
      },
    ),
    { numRuns: 400 },
  );
});
