import fc from 'fast-check';
import {
  ConfigError,
  callCost,
  learnFrom,
  pipeline,
  type QuotaReport,
  RateLimitedError,
  rateLimiter,
  retry,
  timeout,
} from 'holdfast';
import { startOver, VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { Spent } from '../../../src/policies/rate-limiter/spent.js';
import { TokenBucket } from '../../../src/policies/token-bucket.js';
import { follow, rejectionOf, rig } from '../support/rig.js';

describe('a rate limiter and the costs of calls', () => {
  it('L4: a call takes what it costs, and is told exactly when there is as much', async () => {
    const limiter = rateLimiter({ limit: 100, per: '1s' });
    const { clock, pipeline } = rig(limiter);
    await pipeline.execute(() => 1, { cost: 60.5 });
    expect(limiter.snapshot()).toEqual({ available: 39, queued: 0 });
    const refused = (await rejectionOf(
      pipeline.execute(() => 1, { cost: 50 }),
    )) as RateLimitedError;
    expect(refused.message).toBe(
      'rig: not enough permits for a cost of 50 (limit: 100 per 1 s, burst: 100)',
    );
    expect(refused.retryAfter).toBe(105);
    await clock.advance(105);
    expect(await pipeline.execute(() => 'now', { cost: 50 })).toBe('now');
    expect(limiter.snapshot().available).toBe(0);
    expect(await pipeline.execute(() => 'free', { cost: 0 })).toBe('free');
  });

  it('L4: one that costs more than the burst is refused by name, and is told of no time', async () => {
    const limiter = rateLimiter({ limit: 100, burst: 50, name: 'tokens', maxWait: '1m' });
    const { pipeline, of } = rig(limiter);
    const operation = vi.fn();
    const refused = (await rejectionOf(
      pipeline.execute(operation, { cost: 51 }),
    )) as RateLimitedError;
    expect(refused).toBeInstanceOf(RateLimitedError);
    expect(refused).toMatchObject({
      reason: 'cost_above_burst',
      policy: 'tokens',
      retryAfter: undefined,
    });
    expect(refused.message).toBe(
      'rig: a cost of 51 is above the burst (50) of tokens, so it could never start',
    );
    expect(operation).not.toHaveBeenCalled();
    expect(of('rejection')).toMatchObject([{ reason: 'cost_above_burst', enforced: true }]);
    expect(limiter.snapshot().available).toBe(50);
    await pipeline.execute(() => 1, { cost: 50 });
  });

  it('L4: first come, first served, whatever they cost: nobody overtakes a large one', async () => {
    const limiter = rateLimiter({ limit: 10, per: '1s', maxWait: '1m' });
    const { clock, pipeline } = rig(limiter);
    const starts: [number, number][] = [];
    const call = (i: number, cost: number, signal?: AbortSignal) =>
      pipeline.settle(() => starts.push([i, clock.now()]), { cost, signal });
    const caller = new AbortController();
    const all = [call(0, 10), call(1, 8), call(2, 1), call(3, 9, caller.signal), call(4, 2)];
    await clock.advance(900);
    caller.abort();
    await clock.runAll();
    await Promise.all(all);
    expect(starts).toEqual([
      [0, 0],
      [1, 800],
      [2, 900],
      [4, 1_100],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('L4: when a large one at the head leaves, smaller ones behind it start at once', async () => {
    const limiter = rateLimiter({ limit: 10, per: '1s', maxWait: '1m' });
    const { clock, pipeline } = rig(limiter);
    await pipeline.execute(() => 1, { cost: 5 });
    const caller = new AbortController();
    const large = pipeline.settle(() => 1, { cost: 10, signal: caller.signal });
    const small = follow(pipeline.execute(() => clock.now(), { cost: 5 }));
    caller.abort();
    await large;
    await clock.advance(0);
    expect(small.now).toEqual({ is: 'fulfilled', value: 0 });
    expect(clock.pending).toBe(0);
  });

  it('L4: costs by name go to the limiters of that name; others take what they always take', async () => {
    const calls = rateLimiter({ limit: 100, name: 'calls' });
    const tokens = rateLimiter({ limit: 1_000, name: 'tokens', cost: 10 });
    const { pipeline } = rig(calls, tokens);
    await pipeline.execute(() => 1, { cost: { tokens: 250 } });
    expect([calls, tokens].map((each) => each.snapshot().available)).toEqual([99, 750]);
    await pipeline.execute(() => 1);
    expect([calls, tokens].map((each) => each.snapshot().available)).toEqual([98, 740]);
    const wrong = await rejectionOf(pipeline.execute(() => 1, { cost: { token: 1 } }));
    expect(wrong).toBeInstanceOf(ConfigError);
    expect(wrong).toMatchObject({
      message: 'cost: must name rate limiters of rig, which has calls, tokens (got "token")',
    });
  });

  it.each<[unknown]>([
    [-1],
    [Number.NaN],
    [Infinity],
    ['1'],
    [null],
    [[1]],
    [new Map([['rate_limiter', 1]])],
    [{ rate_limiter: -1 }],
    [{ rate_limiter: '2' }],
  ])('L4: a cost of %j is a ConfigError', async (cost) => {
    const limiter = rateLimiter({ limit: 10 });
    const { pipeline } = rig(limiter);
    // Nothing, as for all options, is said by null and undefined.
    if (cost !== null) {
      await expect(pipeline.execute(() => 1, { cost: cost as number })).rejects.toThrow(
        ConfigError,
      );
      expect(limiter.snapshot().available).toBe(10);
    }
    expect(() => callCost(cost as number)).toThrow(ConfigError);
    expect(() => callCost(1).correct(cost as number)).toThrow(ConfigError);
  });

  it.each<[object, string]>([
    [{ limit: 10, cost: -1 }, 'rateLimiter.cost: must be a finite number >= 0'],
    [{ limit: 10, cost: 11 }, 'rateLimiter.cost: must not be above burst (10)'],
    [
      { limit: 10, learn: () => undefined },
      'rateLimiter.learn: must be made by learnFrom() or rateLimitHeaders()',
    ],
    [{ limit: 10, learn: true }, 'rateLimiter.learn: must be made by learnFrom()'],
  ])('%j is refused: %s', (options, message) => {
    const make = () => rateLimiter(options as { limit: number });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('T2: a wait that would end after the deadline is not begun', async () => {
    const limiter = rateLimiter({ limit: 10, per: '1s', maxWait: '1m' });
    const { clock, pipeline } = rig(timeout('500ms'), limiter);
    await pipeline.execute(() => 1, { cost: 10 });
    const refused = (await rejectionOf(pipeline.execute(() => 1, { cost: 6 }))) as RateLimitedError;
    expect(refused).toBeInstanceOf(RateLimitedError);
    expect(refused.retryAfter).toBe(600);
    const waits = pipeline.execute(() => clock.now(), { cost: 4 });
    await clock.runAll();
    expect(await waits).toBe(400);
  });

  it('a dry run lets all in, and says what it would have refused', async () => {
    const limiter = rateLimiter({ limit: 10, dryRun: true });
    const { pipeline, of } = rig(limiter);
    for (const cost of [11, 8, 5]) await pipeline.execute(() => 1, { cost });
    expect(of('rejection')).toMatchObject([
      { reason: 'cost_above_burst', enforced: false },
      { reason: 'rate_limited', enforced: false, retryAfter: 300 },
    ]);
    expect(limiter.snapshot().available).toBe(2);
  });
});

describe('a cost that is corrected', () => {
  const learn = learnFrom((outcome) =>
    outcome.kind === 'success' ? { cost: outcome.value as number } : undefined,
  );

  it('L5: what is learnt settles what a call has taken, in both directions', async () => {
    const limiter = rateLimiter({ limit: 100, per: '1s', learn });
    const { clock, pipeline } = rig(limiter);
    await pipeline.execute(() => 20, { cost: 50 });
    expect(limiter.snapshot().available).toBe(80);
    await pipeline.execute(() => 130, { cost: 30 });
    const refused = (await rejectionOf(pipeline.execute(() => 0))) as RateLimitedError;
    // It owes 50, and the call takes one.
    expect(refused.retryAfter).toBe(510);
    await clock.advance(510);
    await pipeline.execute(() => 0);
  });

  it('L5: what is no amount changes nothing; a promise is refused', async () => {
    for (const said of [undefined, Number.NaN, -1, Infinity, '3', null]) {
      const limiter = rateLimiter({
        limit: 10,
        learn: learnFrom(() => ({ cost: said as number })),
      });
      await rig(limiter).pipeline.execute(() => 1, { cost: 4 });
      expect(limiter.snapshot().available).toBe(6);
    }
    const limiter = rateLimiter({
      limit: 10,
      learn: learnFrom((() => Promise.resolve({})) as never),
    });
    await expect(rig(limiter).pipeline.execute(() => 1)).rejects.toThrow(
      'learn returned a promise',
    );
  });

  it('L5: callCost corrects when it is known, during a call or after it, also twice', async () => {
    const limiter = rateLimiter({ limit: 100, per: '1s', maxWait: '1m' });
    const { clock, pipeline } = rig(limiter);
    const cost = callCost(80);
    await pipeline.execute(() => 1, { cost });
    const waits = follow(pipeline.execute(() => clock.now(), { cost: 60 }));
    await clock.advance(10);
    cost.correct(40);
    await clock.advance(0);
    expect(waits.now).toEqual({ is: 'fulfilled', value: 10 });
    cost.correct({ rate_limiter: 45, other: 3 });
    cost.correct({ other: 9 });
    await clock.advance(50);
    expect(limiter.snapshot().available).toBe(100 - 45 - 60 + 6);
  });

  it('L5: retries take what is known by then, and the correction is that of the last attempt', async () => {
    const limiter = rateLimiter({ limit: 100, per: '1h', name: 'tokens' });
    const { clock, pipeline } = rig(retry({ maxRetries: 2, backoff: () => 1 }), limiter);
    const cost = callCost({ tokens: 10 });
    let calls = 0;
    const done = pipeline.execute(
      () => {
        if (++calls < 3) throw new Error('again');
      },
      { cost },
    );
    await clock.runAll();
    await done;
    expect(limiter.snapshot().available).toBe(70);
    cost.correct({ tokens: 25 });
    expect(limiter.snapshot().available).toBe(55);
  });

  it('L5: one that never started gives back what it had, and is corrected no more', async () => {
    const limiter = rateLimiter({ limit: 10, per: '1s', maxWait: '1m', learn });
    const { clock, pipeline } = rig(limiter);
    await pipeline.execute(() => 10, { cost: 10 });
    const caller = new AbortController();
    const cost = callCost(5);
    const gone = pipeline.settle(() => 1, { cost, signal: caller.signal });
    clock.setTimer(() => caller.abort(), 400);
    await clock.advance(600);
    expect((await gone).status).toBe('rejected');
    cost.correct(9);
    expect(limiter.snapshot().available).toBe(6);
  });

  it('L5: after a start over, calls from before change nothing', async () => {
    const limiter = rateLimiter({ limit: 10, per: '1h', learn });
    const made = pipeline({ name: 'p', clock: new VirtualClock() }, limiter);
    let end = (_: number): void => {};
    const running = made.execute(() => new Promise<number>((resolve) => (end = resolve)), {
      cost: 5,
    });
    startOver(made);
    end(9);
    await running;
    expect(limiter.snapshot().available).toBe(10);
  });

  it('L5: tokens come back as if they had never been taken, and not those that had found no room', () => {
    const op = fc.record({
      afterMs: fc.nat({ max: 30 }),
      cost: fc.double({ min: 0, max: 4, noNaN: true }),
      /** Which of the open takes is settled, and to which part of what it took. */
      settles: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(op, { maxLength: 40, size: 'max' }), (ops) => {
        const burst = 5;
        const perMs = 0.1;
        const bucket = new TokenBucket(100, 1_000, burst);
        const takes: { at: number; cost: number; spent: Spent }[] = [];
        const open: (typeof takes)[number][] = [];
        /** What a bucket holds that has known all costs from the start. */
        const replayed = (now: number): number => {
          let tokens = burst;
          let at = 0;
          for (const take of takes) {
            tokens = Math.min(burst, tokens + (take.at - at) * perMs) - take.cost;
            at = take.at;
          }
          return Math.min(burst, tokens + (now - at) * perMs);
        };
        let now = 0;
        for (const { afterMs, cost, settles, part } of ops) {
          now += afterMs;
          if (bucket.waitFor(cost, now) === 0) {
            const take = { at: now, cost, spent: new Spent(cost, bucket) };
            takes.push(take);
            open.push(take);
          }
          const settled = settles === undefined ? undefined : open.splice(settles, 1)[0];
          if (settled !== undefined) {
            settled.cost *= part;
            settled.spent.settle(settled.cost, now);
          }
          const missing = burst - replayed(now);
          expect(bucket.waitFor(burst, now)).toBeCloseTo(missing / perMs, 4);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what is learnt of the upstream', () => {
  const learn = learnFrom((outcome) =>
    outcome.kind === 'success' ? (outcome.value as QuotaReport) : undefined,
  );

  it('L6: no more calls start than the upstream leaves, until its reset', async () => {
    const limiter = rateLimiter({ limit: 100, per: '1s', learn });
    const { clock, pipeline } = rig(limiter);
    await pipeline.execute(() => ({ limit: 10, remaining: 2, resetMs: 5_000 }));
    expect(limiter.snapshot()).toEqual({
      available: 2,
      queued: 0,
      upstream: { limit: 10, remaining: 2, resetMs: 5_000 },
    });
    await pipeline.execute(() => undefined, { cost: 2 });
    const refused = (await rejectionOf(pipeline.execute(() => 1))) as RateLimitedError;
    expect(refused).toMatchObject({
      retryAfter: 5_000,
      message:
        'rig: no permit (limit: 100 per 1 s, burst: 100); the upstream has told that its quota is used up',
    });
    await clock.advance(5_000);
    expect(limiter.snapshot().available).toBe(10);
    await pipeline.execute(() => undefined, { cost: 10 });
    await rejectionOf(pipeline.execute(() => 1));
    // In the next window it is there again: never at nothing for ever.
    await clock.advance(1_000);
    await pipeline.execute(() => undefined, { cost: 1 });
  });

  it('L6: one that waits is refused when the upstream tells a limit below its cost', async () => {
    const limiter = rateLimiter({ limit: 100, per: '1s', maxWait: '1m', learn, name: 'tokens' });
    const { clock, pipeline } = rig(limiter);
    const first = pipeline.execute(
      () =>
        new Promise<QuotaReport>((resolve) => {
          clock.setTimer(() => resolve({ limit: 50, remaining: 50, resetMs: 5_000 }), 100);
        }),
      { cost: 100 },
    );
    const dear = rejectionOf(pipeline.execute(() => 1, { cost: 60 }));
    await clock.advance(100);
    await first;
    const refused = (await dear) as RateLimitedError;
    expect(refused).toMatchObject({ reason: 'cost_above_burst', retryAfter: undefined });
    expect(refused.message).toContain('a cost of 60 is above the limit that the upstream has told');
    expect(clock.now()).toBe(100);
  });

  it('L6: its own bound stays, whatever the upstream leaves', async () => {
    const limiter = rateLimiter({ limit: 3, per: '1h', learn });
    const { pipeline } = rig(limiter);
    for (let i = 0; i < 3; i++) await pipeline.execute(() => ({ limit: 1e6, remaining: 1e6 }));
    await rejectionOf(pipeline.execute(() => 1));
  });
});

describe('costs, ranks and keys together', () => {
  it('L4: who comes in front of a large one that waits goes when there is enough for it', async () => {
    const limiter = rateLimiter({ limit: 10, per: '1s', maxWait: '5s' });
    const { clock, pipeline } = rig(limiter);
    await pipeline.execute(() => 1, { cost: 10 });
    const starts: [string, number][] = [];
    const call = (name: string, cost: number, priority?: 'high' | 'low') =>
      pipeline.settle(() => starts.push([name, clock.now()]), { cost, priority });
    const all = [call('large', 10, 'low')];
    await clock.advance(150);
    all.push(call('small', 1, 'high'), call('later', 2, 'high'), call('plain', 1));
    await clock.runAll();
    await Promise.all(all);
    expect(starts).toEqual([
      ['small', 150],
      ['later', 300],
      ['plain', 400],
      ['large', 1_400],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('L5: a cost that was raised and then lowered comes back', async () => {
    const limiter = rateLimiter({ limit: 100, per: '1h' });
    const { pipeline } = rig(limiter);
    const cost = callCost(1);
    await pipeline.execute(() => 1, { cost });
    for (const [now, left] of [
      [80, 20],
      [140, 0],
      [30, 70],
      [0, 100],
    ] as const) {
      cost.correct(now);
      expect(limiter.snapshot().available).toBe(left);
    }
  });

  it.each([[1e300], [Number.MAX_VALUE], [2 ** 53]])('L5: %d is no cost', async (cost) => {
    const learn = learnFrom(() => ({ cost }));
    const limiter = rateLimiter({ limit: 10, per: '1h', learn });
    const { pipeline } = rig(limiter);
    await pipeline.execute(() => 1);
    expect(limiter.snapshot().available).toBe(9);
    await expect(pipeline.execute(() => 1, { cost })).rejects.toThrow(ConfigError);
    expect(() => callCost(1).correct(cost)).toThrow(ConfigError);
  });

  it('L6: it is at rest when nothing that it has learnt binds any more', async () => {
    for (const refills of [false, true]) {
      const learn = learnFrom(() => ({ limit: 10, remaining: 5, resetMs: 2_000, refills }));
      const limiter = rateLimiter({ limit: 10, per: '1s', learn });
      const { clock, pipeline } = rig(limiter);
      await pipeline.execute(() => 1);
      await clock.advance(1_000);
      expect(limiter.busy()).toBe(true);
      await clock.advance(1_001);
      expect(limiter.busy()).toBe(false);
    }
  });
});
