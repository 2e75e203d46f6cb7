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
    fc.asyncProperty(
      shape,
      fc.array(call, { maxLength: 30, size: 'max' }),
      async (options, calls) => {
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
        let excess = Number.NEGATIVE_INFINITY;
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
            excess = Math.max(excess, sum - unknown - most);
          }
        }
        expect(excess).toBeLessThanOrEqual(1e-6);
        expect(limiter.snapshot().queued).toBe(0);
        expect(clock.pending).toBe(0);
        // Debts are paid, and no permit is lost or made.
        await clock.advance(((burst + 300) * per) / limit);
        expect(limiter.snapshot().available).toBe(burst);
      },
    ),
    { numRuns: 200 },
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
          size: 'max',
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

it('L5: what comes back is no more than would be there if it had never been taken', async () => {
  // Many calls that are expected to cost a lot and cost little, and are known when the bucket has long been full again.
  const late = fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.nat({ max: 40 })),
    cost: fc.integer({ min: 1, max: 5 }),
    /** When it is known, and which part of it was true. */
    known: fc.array(fc.tuple(fc.nat({ max: 60 }), fc.constantFrom(0, 0, 0.2, 1, 1.5)), {
      minLength: 1,
      maxLength: 3,
    }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(late, { maxLength: 40, size: 'max' }), async (calls) => {
      const [limit, per, burst] = [1, 10, 5];
      const clock = new VirtualClock();
      const limiter = rateLimiter({ limit, per, burst });
      const made = pipeline({ name: 'p', clock }, limiter);
      const starts: { at: number; final: number; raisedAt: number }[] = [];
      for (const { afterMs, cost, known } of calls) {
        await clock.advance(afterMs);
        const said = callCost(cost);
        const began = await made.settle(() => 1, { cost: said });
        if (began.status === 'rejected') continue;
        const start = { at: clock.now(), final: cost, raisedAt: -1 };
        starts.push(start);
        for (const [inMs, part] of known) {
          clock.setTimer(() => {
            if (cost * part > start.final) start.raisedAt = clock.now();
            start.final = cost * part;
            said.correct(start.final);
          }, inMs);
        }
      }
      await clock.runAll();
      for (const [from, { at }] of starts.entries()) {
        let sum = 0;
        for (const { at: last, final } of starts.slice(from)) {
          sum += final;
          const most = burst + ((last - at) * limit) / per;
          // What was raised after a start could not be known by it.
          if (starts.some(({ raisedAt }) => raisedAt >= last)) continue;
          expect(sum).toBeLessThanOrEqual(most + 1e-6);
        }
      }
      await clock.advance(5_000);
      expect(limiter.snapshot().available).toBe(burst);
    }),
    { numRuns: 400 },
  );
});

const priorities = ['highest', 'high', undefined, 'low', 'lowest'] as const;

it('L4: with ranks, the bound holds, equals start in order, all are told in time, and no permit is lost', async () => {
  const ranked = fc.record({
    afterMs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat({ max: 60 })),
    abortAfterMs: fc.option(fc.nat({ max: 150 }), { nil: undefined }),
    cost: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.double({ min: 0.1, max: 6, noNaN: true })),
    priority: fc.constantFrom(...priorities),
  });
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.array(ranked, { maxLength: 40, size: 'max' }),
      async (options, calls) => {
        const { limit, per, burst, maxWait } = options;
        const clock = new VirtualClock();
        const limiter = rateLimiter(options);
        const made = pipeline({ name: 'p', clock }, limiter);
        const starts: { i: number; at: number; cost: number; priority: string }[] = [];
        const settled: Promise<unknown>[] = [];
        for (const [i, { afterMs, abortAfterMs, cost, priority }] of calls.entries()) {
          await clock.advance(afterMs);
          const caller = new AbortController();
          if (abortAfterMs !== undefined) clock.setTimer(() => caller.abort(), abortAfterMs);
          const madeAt = clock.now();
          const result = made.settle(
            () => starts.push({ i, at: clock.now(), cost, priority: priority ?? 'normal' }),
            { cost, priority, signal: caller.signal },
          );
          settled.push(
            result.then(({ status }) => {
              const waited = clock.now() - madeAt;
              expect(waited).toBeLessThanOrEqual(maxWait + 1 + 1e-6);
              // Alone, a call is refused only for what it would have to wait.
              if (calls.length === 1 && cost <= burst && abortAfterMs !== 0)
                expect(status).toBe('fulfilled');
            }),
          );
        }
        await clock.runAll();
        await Promise.all(settled);
        for (const priority of priorities) {
          const own = starts.filter(
            (each) => each.cost > 0 && each.priority === (priority ?? 'normal'),
          );
          const order = own.map(({ i }) => i);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
        for (const [from, { at }] of starts.entries()) {
          let sum = 0;
          for (const { at: last, cost } of starts.slice(from)) {
            sum += cost;
            const most = burst + ((last - at + 1e-6) * limit) / per;
            expect(sum).toBeLessThanOrEqual(most + 1e-6);
          }
        }
        expect(limiter.snapshot().queued).toBe(0);
        expect(clock.pending).toBe(0);
        await clock.advance(((burst + 1) * per) / limit);
        expect(limiter.snapshot().available).toBe(burst);
      },
    ),
    { numRuns: 120 },
  );
});

it('L4: a call of any class that waits alone, or in front, starts exactly when there is enough for it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 4 }),
      fc.nat({ max: 900 }),
      async (large, small, afterMs) => {
        const clock = new VirtualClock();
        const made = pipeline(
          { name: 'p', clock },
          rateLimiter({ limit: 10, per: '1s', maxWait: '1m' }),
        );
        await made.execute(() => 1, { cost: 10 });
        const low = made.execute(() => clock.now(), { cost: large, priority: 'low' });
        await clock.advance(Math.min(afterMs, large * 100 - 1));
        const came = clock.now();
        const high = small.map((cost) =>
          made.execute(() => clock.now(), { cost, priority: 'high' }),
        );
        await clock.runAll();
        let sum = 0;
        for (const [i, at] of (await Promise.all(high)).entries()) {
          sum += small[i] as number;
          expect(at).toBeCloseTo(Math.max(came, sum * 100), 4);
        }
        expect(await low).toBeCloseTo(Math.max(came, (sum + large) * 100), 4);
      },
    ),
  );
});

it('L4: no class starves under calls that are more important, whatever they cost', async () => {
  const clock = new VirtualClock();
  const made = pipeline({ name: 'p', clock }, rateLimiter({ limit: 10, per: '1s', maxWait: '1m' }));
  const served = { highest: 0, lowest: 0 };
  const all: Promise<unknown>[] = [];
  for (let i = 0; i < 600; i++) {
    const call = (priority: 'highest' | 'lowest', cost: number) =>
      all.push(made.settle(() => served[priority]++, { cost, priority }));
    call('highest', 1 + (i % 3));
    if (i % 4 === 0) call('lowest', 5);
    await clock.advance(100);
  }
  expect(served.lowest).toBeGreaterThanOrEqual(8);
  expect(served.highest).toBeGreaterThan(200);
  await clock.runAll();
  await Promise.all(all);
});
