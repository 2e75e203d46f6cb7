import fc from 'fast-check';
import { ConfigError, pipeline, retry, retryBudget } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import {
  BUDGET_BUCKET_MS,
  BUDGET_WINDOW_MS,
  isRetryBudget,
} from '../../../src/policies/retry-budget/retry-budget.js';
import { bothWays, rig } from '../support/rig.js';

/** What the reserve holds at most. */
const burstOf = (minPerSecond: number) => (minPerSecond === 0 ? 0 : Math.max(1, minPerSecond));

describe('retryBudget', () => {
  it('R6: allows as many as there are first attempts and three a second by default', () => {
    const budget = retryBudget();
    expect(budget.balance(0)).toBe(3);
    for (let i = 0; i < 500; i++) budget.deposit(0);
    expect(budget.balance(0)).toBe(503);
    let made = 0;
    while (budget.tryWithdraw(0)) made++;
    expect(made).toBe(503);
    expect(budget.balance(0)).toBe(0);
    expect(budget.balance(500)).toBe(1);
    expect(budget.balance(5_000)).toBe(3);
  });

  it('R6: a process has no more than a second’s worth in reserve', () => {
    for (const [minPerSecond, reserve] of [
      [10, 10],
      [2.5, 2],
      [1, 1],
      [0.1, 1],
      [0, 0],
    ] as const) {
      const budget = retryBudget({ ratio: 0, minPerSecond });
      for (const quiet of [0, 3_600_000]) {
        let made = 0;
        while (budget.tryWithdraw(quiet)) made++;
        expect(made).toBe(reserve);
      }
      // A half is left over of 2.5.
      if (minPerSecond === 0 || minPerSecond === 2.5) continue;
      expect(budget.tryWithdraw(3_600_000 + 900 / minPerSecond)).toBe(false);
      expect(budget.tryWithdraw(3_600_000 + 1_000 / minPerSecond)).toBe(true);
    }
  });

  it.each([0, 2])('R6: starts over as it was at first, with %i a second', (minPerSecond) => {
    const budget = retryBudget({ minPerSecond });
    for (let i = 0; i < 4; i++) budget.deposit(0);
    while (budget.tryWithdraw(0));
    for (let i = 0; i < 9; i++) budget.deposit(0);
    budget.startOver();
    const fresh = retryBudget({ minPerSecond });
    for (const each of [budget, fresh]) {
      expect(each.balance(0)).toBe(minPerSecond);
      each.deposit(0);
      expect(each.balance(0)).toBe(minPerSecond + 1);
    }
  });

  it('R6: what is left is never negative, and a part of a retry allows none', () => {
    const budget = retryBudget({ ratio: 0.3, minPerSecond: 0 });
    for (let i = 0; i < 3; i++) budget.deposit(0);
    expect(budget.balance(0)).toBe(0);
    expect(budget.tryWithdraw(0)).toBe(false);
    budget.deposit(0);
    expect(budget.balance(0)).toBe(1);
    expect(budget.tryWithdraw(0)).toBe(true);
    expect(budget.tryWithdraw(0)).toBe(false);
    // The first attempts are forgotten before the retry that they earned.
    expect(budget.balance(BUDGET_WINDOW_MS)).toBe(0);
  });

  it('R6: what first attempts earn is forgotten after ten seconds, and an idle hour saves up a second', () => {
    const budget = retryBudget({ ratio: 1, minPerSecond: 3 });
    for (let i = 0; i < 1_000; i++) budget.deposit(0);
    expect(budget.balance(9_000)).toBe(1_003);
    expect(budget.balance(10_000)).toBe(3);
    for (let i = 0; i < 3; i++) expect(budget.tryWithdraw(10_000)).toBe(true);
    expect(budget.tryWithdraw(10_000)).toBe(false);
    expect(budget.balance(3_600_000)).toBe(3);
  });

  it('R6: a budget of nothing allows nothing', () => {
    const budget = retryBudget({ ratio: 0, minPerSecond: 0 });
    for (let i = 0; i < 1_000; i++) budget.deposit(0);
    expect(budget.tryWithdraw(0)).toBe(false);
  });

  it('R6: a budget to share is one, and nothing else is', () => {
    const deposit = () => {};
    const tryWithdraw = () => false;
    for (const none of [
      null,
      5,
      'budget',
      { deposit },
      { tryWithdraw },
      Object.assign(() => {}, { deposit, tryWithdraw }),
    ]) {
      expect(() => retry({ budget: none as never })).toThrow(ConfigError);
      expect(isRetryBudget(none)).toBe(false);
    }
    const budget = retryBudget();
    expect(isRetryBudget(budget)).toBe(true);
    expect(retry({ budget }).budget).toBe(budget);
  });

  it('R6: a retry counts for ten seconds at least, wherever in a tenth of them it was made', () => {
    const budget = retryBudget({ ratio: 3, minPerSecond: 1 });
    expect(budget.balance(0)).toBe(1);
    for (let i = 0; i < 4; i++) budget.deposit(0);
    expect(budget.tryWithdraw(0)).toBe(true);
    for (let i = 0; i < 10; i++) expect(budget.tryWithdraw(999)).toBe(true);
    // The first attempts are over, and the retries are 9,001 ms old.
    expect(budget.tryWithdraw(10_000)).toBe(false);
    expect(budget.tryWithdraw(11_000)).toBe(true);
  });

  it('R6: what first attempts have paid for stays paid for as long', () => {
    const budget = retryBudget({ ratio: 1, minPerSecond: 1 });
    expect(budget.balance(0)).toBe(1);
    budget.deposit(0, 2);
    for (const atMs of [0, 900, 900]) expect(budget.tryWithdraw(atMs)).toBe(true);
    budget.deposit(1_500);
    // One of the second that has passed. The first attempt that is left is still that of the retry that is 9,100 ms old.
    expect(budget.balance(10_000)).toBe(1);
    expect(budget.balance(11_000)).toBe(1);
  });

  it.each([
    [{ ratio: -0.1 }, 'retryBudget.ratio: must be a number from 0 to 10: 0.2 allows one retry'],
    [{ ratio: Number.NaN }, 'for every five calls (got NaN)'],
    [{ ratio: 20 }, 'for every five calls (got 20)'],
    [
      { minPerSecond: Number.POSITIVE_INFINITY },
      'retryBudget.minPerSecond: must be a finite number of retries a second, >= 0 (got Infinity)',
    ],
  ])('refuses %o', (options, message) => {
    expect(() => retryBudget(options)).toThrow(ConfigError);
    expect(() => retryBudget(options)).toThrow(message);
  });
});

/** First attempts and wishes to retry, with bursts, idle gaps and time that goes back. */
const history = fc.array(
  fc.record({
    afterMs: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 4, arbitrary: fc.double({ min: 0, max: 2_000, noNaN: true }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 15 }).map((n) => n * 1_000) },
      { weight: 1, arbitrary: fc.constant(3_600_000) },
    ),
    firsts: fc.nat({ max: 40 }),
    wishes: fc.nat({ max: 40 }),
  }),
  { maxLength: 60, size: 'max' },
);
const options = fc.record({
  ratio: fc.constantFrom(0, 0.1, 0.2, 0.5, 1, 3),
  minPerSecond: fc.constantFrom(0, 0.1, 1, 10),
});

/** How many of these times lie from `from` on, it included or not, and up to `to`. */
const during = (times: readonly number[], from: number, to: number): number =>
  times.filter((at) => at >= from && at <= to).length;
const after = (times: readonly number[], from: number, to: number): number =>
  times.filter((at) => at > from && at <= to).length;

/** The promise, over all times that begin and end with a retry. */
function expectWithinPromise(
  { ratio, minPerSecond }: { ratio: number; minPerSecond: number },
  firsts: readonly number[],
  retries: readonly number[],
): void {
  const instants = [...new Set(retries)];
  for (const [i, from] of instants.entries()) {
    for (const to of instants.slice(i)) {
      const earning = after(firsts, from - BUDGET_WINDOW_MS, to);
      const allowed =
        ratio * earning + (minPerSecond * (to - from)) / 1_000 + burstOf(minPerSecond);
      expect(during(retries, from, to)).toBeLessThanOrEqual(allowed + 1e-6);
    }
    // Within ten seconds only the first attempts of those count.
    const since = from - BUDGET_WINDOW_MS;
    const own = ratio * after(firsts, since, from) + minPerSecond * 10 + burstOf(minPerSecond);
    expect(after(retries, since, from)).toBeLessThanOrEqual(own + 1e-6);
  }
}

it('R6: within any ten seconds, retries are paid for by the first attempts of those', () => {
  for (const [options, firsts, late] of [
    [{ ratio: 3, minPerSecond: 1 }, 4, 1_000],
    [{ ratio: 1, minPerSecond: 1 }, 10, 7_000],
  ] as const) {
    const budget = retryBudget(options);
    for (let i = 0; i < firsts; i++) budget.deposit(0);
    for (let i = 0; i < 11; i++) expect(budget.tryWithdraw(late)).toBe(true);
    // Eleven of them lie in the ten seconds before, in which there was no first attempt.
    expect(budget.tryWithdraw(10_000)).toBe(false);
    expect(budget.tryWithdraw(30_000)).toBe(true);
  }
});

describe('R6 as a property', () => {
  it('R6: over any time, retries are at most ratio of first attempts, minPerSecond, and a second’s reserve', () => {
    fc.assert(
      fc.property(options, history, ({ ratio, minPerSecond }, steps) => {
        const budget = retryBudget({ ratio, minPerSecond });
        const firsts: number[] = [];
        const retries: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step.afterMs;
          for (let i = 0; i < step.firsts; i++) {
            budget.deposit(now);
            firsts.push(now);
          }
          for (let i = 0; i < step.wishes; i++) {
            const left = budget.balance(now);
            const granted = budget.tryWithdraw(now);
            expect(granted).toBe(left >= 1);
            if (!granted) break;
            expect(budget.balance(now)).toBe(left - 1);
            retries.push(now);
          }
        }
        expectWithinPromise({ ratio, minPerSecond }, firsts, retries);
      }),
      { numRuns: 500 },
    );
  });

  it('R6: it does not refuse what is well within them', () => {
    fc.assert(
      fc.property(options, history, ({ ratio, minPerSecond }, steps) => {
        const budget = retryBudget({ ratio, minPerSecond });
        const firsts: number[] = [];
        const retries: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step.afterMs;
          for (let i = 0; i < step.firsts; i++) {
            budget.deposit(now);
            firsts.push(now);
          }
          // By up to a tenth of the window it may forget first attempts early and retries late.
          const sure = firsts.filter((at) => at > now - BUDGET_WINDOW_MS * 0.9).length;
          let used = retries.filter((at) => at > now - BUDGET_WINDOW_MS * 1.1 - 1e-6).length;
          for (let i = 0; i < step.wishes; i++) {
            const quiet = now - (retries.at(-1) ?? Number.NEGATIVE_INFINITY);
            const within = ratio * sure + minPerSecond * 10 + burstOf(minPerSecond) - used >= 1;
            const saved = minPerSecond > 0 && quiet >= 1_000 / minPerSecond && within;
            const granted = budget.tryWithdraw(now);
            if (ratio * sure - used >= 1 || saved) expect(granted).toBe(true);
            if (!granted) continue;
            retries.push(now);
            used++;
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('R6: holds for calls in flight at the same time, in pipelines that share it', async () => {
    const call = fc.record({
      afterMs: fc.oneof(
        fc.nat({ max: 300 }),
        fc.constant(0),
        fc.integer({ min: 1, max: 3 }).map((n) => n * 7_000),
      ),
      pipeline: fc.nat({ max: 2 }),
      succeedsAt: fc.integer({ min: 1, max: 9 }),
      takesMs: fc.nat({ max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(
        options,
        fc.array(call, { maxLength: 60, size: 'max' }),
        async (budgetOptions, calls) => {
          const budget = retryBudget(budgetOptions);
          const clock = new VirtualClock();
          const attempts: { first: boolean; at: number }[] = [];
          const policy = { maxRetries: 6, initialDelay: 20, maxDelay: '1s', budget } as const;
          const pipelines = [0, 1, 2].map((n) => {
            const made = pipeline({ name: `p${n}`, clock }, retry(policy));
            // A retry counts from when it is decided, a call from when it starts.
            made.on('retry', () => {
              attempts.push({ first: false, at: clock.now() });
            });
            return made;
          });
          const ended: Promise<unknown>[] = [];
          for (const { afterMs, pipeline, succeedsAt, takesMs } of calls) {
            await clock.advance(afterMs);
            attempts.push({ first: true, at: clock.now() });
            ended.push(
              pipelines[pipeline]!.settle(
                ({ attempt }) =>
                  new Promise((resolve, reject) => {
                    const end = attempt >= succeedsAt ? resolve : reject;
                    if (takesMs === 0) end('at once');
                    else clock.setTimer(() => end('later'), takesMs);
                  }),
              ),
            );
          }
          await clock.runUntil(Promise.all(ended));
          const firsts = attempts.filter(({ first }) => first).map(({ at }) => at);
          const retries = attempts.filter(({ first }) => !first).map(({ at }) => at);
          expectWithinPromise(budgetOptions, firsts, retries);
        },
      ),
      { numRuns: 60 },
    );
  });
});

bothWays('a budget shared by policies', ({ fail, succeed }) => {
  it('R6: what one uses up the other is refused, and both earn', async () => {
    const budget = retryBudget({ ratio: 0, minPerSecond: 3 });
    const policies = [1, 2].map(() => retry({ budget, backoff: () => 0 }));
    expect(policies.map((policy) => policy.budget)).toEqual([budget, budget]);
    const [a, b] = policies.map((policy) => rig(policy));
    await a!.pipeline.settle(() => fail(new Error('boom')));
    await b!.pipeline.settle(() => fail(new Error('boom')));
    expect(a!.of('retry')).toHaveLength(3);
    expect(b!.of('retry')).toHaveLength(0);
    expect(b!.of('retry_stopped')).toMatchObject([{ reason: 'budget', attempts: 1 }]);

    const earning = retryBudget({ ratio: 0.5, minPerSecond: 0 });
    const [c, d] = [1, 2].map(() => rig(retry({ budget: earning })));
    await c!.pipeline.execute(() => succeed('good'));
    await d!.pipeline.execute(() => succeed('good'));
    expect(earning.balance(0)).toBe(1);
  });

  it('R6: a policy tells telemetry how many retries are left', () => {
    const budget = retryBudget({ minPerSecond: 3 });
    expect(retry({ budget }).measure(0)).toEqual({ balance: 3 });
    expect(retry({ budget: false }).measure(0)).toEqual({});
  });

  it('R6: copies of a policy share the budget they were given, and have their own otherwise', () => {
    const budget = retryBudget();
    const shared = retry({ budget });
    expect(shared.fork().budget).toBe(budget);
    const own = retry({ budget: { ratio: 0.5 } });
    expect(own.fork().budget).not.toBe(own.budget);
  });

  it('R6: retries earn nothing, nor do calls that are refused outside', async () => {
    const budget = retryBudget({ ratio: 1, minPerSecond: 0 });
    const { clock, pipeline } = rig(retry({ budget, backoff: () => 0 }));
    const aborted = AbortSignal.abort();
    await pipeline.settle(() => succeed(1), { signal: aborted });
    expect(budget.balance(0)).toBe(0);
    await clock.runUntil(pipeline.settle(() => fail(new Error('boom'))));
    // One call, one retry; the retry brought nothing.
    expect(budget.balance(0)).toBe(0);
  });

  it.each([
    { ratio: 1, minPerSecond: 3 },
    { ratio: 0.2, minPerSecond: 0 },
    { ratio: 0.35, minPerSecond: 0.5 },
    { ratio: 0, minPerSecond: 7 },
  ])(
    'R6: the balance after so many first attempts is known without counting them: %j',
    (options) => {
      for (let count = 0; count < 40; count++) {
        const budget = retryBudget(options);
        budget.deposit(0, count);
        expect(retryBudget(options).balanceAfter(count)).toBe(budget.balance(0));
      }
      expect(BUDGET_BUCKET_MS).toBe(1_000);
    },
  );
});
