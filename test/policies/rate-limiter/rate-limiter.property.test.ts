import fc from 'fast-check';
import { pipeline, rateLimiter, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

const call = fc.record({
  afterMs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat({ max: 60 })),
  /** How long after it was made the caller aborts, if so. */
  abortAfterMs: fc.option(fc.nat({ max: 150 }), { nil: undefined }),
});

const shape = fc.record({
  limit: fc.integer({ min: 1, max: 7 }),
  per: fc.integer({ min: 1, max: 200 }),
  burst: fc.integer({ min: 1, max: 5 }),
  maxWait: fc.nat({ max: 120 }),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
});

it('L1: never more than burst + rate x time, in order, nobody waits beyond maxWait, nothing is left behind', async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.array(call, { maxLength: 40, size: 'max' }),
      async ({ timeoutMs, ...options }, calls) => {
        const { limit, per, burst, maxWait } = options;
        const clock = new VirtualClock();
        const limiter = rateLimiter(options);
        const around = timeoutMs === undefined ? [] : [timeout(timeoutMs)];
        const made = pipeline({ name: 'p', clock }, ...around, limiter);
        const starts: { readonly i: number; readonly at: number }[] = [];
        const settled: Promise<unknown>[] = [];
        for (const [i, { afterMs, abortAfterMs }] of calls.entries()) {
          await clock.advance(afterMs);
          const caller = new AbortController();
          if (abortAfterMs === 0) caller.abort();
          else if (abortAfterMs !== undefined) clock.setTimer(() => caller.abort(), abortAfterMs);
          const madeAt = clock.now();
          let ended = false;
          const result = made.settle(
            () => {
              const at = clock.now();
              starts.push({ i, at });
              expect(ended).toBe(false);
              expect(at - madeAt).toBeLessThanOrEqual(maxWait + 1e-6);
            },
            { signal: caller.signal },
          );
          settled.push(result.then(() => (ended = true)));
        }
        await clock.runAll();
        await Promise.all(settled);
        for (const [from, first] of starts.entries()) {
          for (const [to, last] of starts.entries()) {
            if (to < from) continue;
            // Waits are whole nanoseconds.
            const most = burst + ((last.at - first.at + 1e-6) * limit) / per;
            expect(to - from + 1).toBeLessThanOrEqual(most + 1e-9);
          }
        }
        const order = starts.map(({ i }) => i);
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(limiter.snapshot().queued).toBe(0);
        expect(made.snapshot().inFlight).toBe(0);
        expect(clock.pending).toBe(0);
        // All permits come back, and no more than there were.
        await clock.advance((burst * per) / limit + 1e-3);
        expect(limiter.snapshot().available).toBe(burst);
        expect(limiter.busy()).toBe(false);
      },
    ),
    { numRuns: 150 },
  );
});

it('L1: no permit is wasted: whoever is refused would have had to wait too long', async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.array(fc.nat({ max: 60 }), { maxLength: 40, size: 'max' }),
      async ({ timeoutMs: _, ...options }, gaps) => {
        const { limit, per, burst, maxWait } = options;
        const clock = new VirtualClock();
        const made = pipeline({ name: 'p', clock }, rateLimiter(options));
        // The model: the time at which each token taken so far was, or will be, there.
        let tokens = burst;
        let at = 0;
        const all: Promise<unknown>[] = [];
        for (const gap of gaps) {
          await clock.advance(gap);
          const now = clock.now();
          tokens = Math.min(burst, tokens + ((now - at) * limit) / per);
          at = now;
          const waitMs = Math.max(0, ((1 - tokens) * per) / limit);
          // Where rounding decides, either will do.
          if (Math.abs(waitMs - maxWait) < 1e-5) continue;
          const expected = waitMs <= maxWait ? 'fulfilled' : 'rejected';
          if (expected === 'fulfilled') tokens--;
          const result = made.settle(() => clock.now() - now);
          all.push(
            result.then((got) => {
              expect(got.status).toBe(expected);
              const waited = got.status === 'fulfilled' ? got.value : got.reason.retryAfter;
              expect(Math.abs(waited - waitMs)).toBeLessThan(1e-5);
            }),
          );
        }
        await clock.runAll();
        await Promise.all(all);
      },
    ),
    { numRuns: 150 },
  );
});
