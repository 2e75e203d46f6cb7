import * as fc from 'fast-check';
import { hedge, pipeline, retry, retryBudget } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { ExtraLoad } from '../../../src/policies/hedge/extra-load.js';
import { sleep } from './support.js';

const steps = fc.array(fc.constantFrom('earn', 'earn', 'earn', 'earn', 'hedge', 'putBack'), {
  maxLength: 3_000,
  size: 'max',
});

it('H3: over any stretch, hedges are at most the share of the first attempts, and what was saved up', () => {
  fc.assert(
    fc.property(
      steps,
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.func(fc.boolean()),
      (all, share, wins) => {
        const load = new ExtraLoad(share);
        // How far above the bound it may have got since any moment before: hedges less what was earned.
        let over = 0;
        let sinceStart = 0;
        for (const [i, step] of all.entries()) {
          if (step === 'earn') {
            load.earn();
            over = Math.max(0, over - share);
            sinceStart -= share;
            continue;
          }
          if (load.balance < 1) continue;
          const cost = load.take();
          if (step === 'putBack') {
            load.putBack(cost);
            continue;
          }
          over += 1;
          sinceStart += 1;
          load.told(wins(i));
          expect(over).toBeLessThan(10 + 1e-6);
          expect(sinceStart).toBeLessThan(1e-6);
        }
      },
    ),
  );
});

it('H3: the first hedge costs eight; those that win make it cheap, those that lose dear again', () => {
  const load = new ExtraLoad(0.05);
  const told = [true, true, true, true, false, false, false, false, false, false, false, false];
  const costs = [undefined, ...told].map((won) => {
    if (won !== undefined) load.told(won);
    for (let i = 0; i < 200; i++) load.earn();
    const { balance } = load;
    const cost = load.take();
    expect(balance).toBe(Math.floor(10 / cost + 1e-9));
    return Math.round(cost * 10) / 10;
  });
  expect(costs).toEqual([8, 4, 2, 1, 1, 1.4, 2, 2.8, 4, 5.7, 8, 8, 8]);
});

/** Calls that are all hedged if they may be, in a pipeline of these policies. */
async function run(
  clock: VirtualClock,
  calls: ReturnType<typeof pipeline>,
  count: number,
  operation: (attempt: number) => Promise<unknown>,
): Promise<Record<string, number>> {
  const kinds: Record<string, number> = { first: 0, retry: 0, hedge: 0 };
  const stop = calls.on('attempt', ({ kind }) => {
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  });
  for (let i = 0; i < count; i++) {
    const call = calls.settle(({ attempt }) => operation(attempt));
    await clock.advance(2_000);
    await call;
  }
  stop();
  return kinds;
}

it('H3: of calls that are all slow, hedges that help are one in twenty by default, less what they cost at first', async () => {
  for (const maxExtraLoad of [undefined, 0.1, 1]) {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, hedge({ delay: 10, maxExtraLoad }));
    const kinds = await run(clock, calls, 400, (attempt) =>
      sleep(clock, attempt === 1 ? 1_000 : 1),
    );
    // The first three cost 8, 4 and 2, unless every call may be hedged.
    expect(kinds['hedge']).toBe(maxExtraLoad === 1 ? 400 : 400 * (maxExtraLoad ?? 0.05) - 11);
  }
});

it('H6: a budget that is shared with retries bounds both together, inside and around a retry', async () => {
  for (const order of ['inside', 'around'] as const) {
    const clock = new VirtualClock();
    const budget = retryBudget({ ratio: 0.2, minPerSecond: 0 });
    const both = [
      retry({ budget, maxRetries: 2, backoff: () => 1 }),
      hedge({ delay: 10, maxExtraLoad: 1, budget }),
    ];
    const calls = pipeline(
      { name: 'calls', clock },
      ...(order === 'inside' ? both : both.reverse()),
    );
    let extra = 0;
    let firsts = 0;
    calls.on('attempt', ({ kind }) => {
      if (kind === 'first') firsts++;
      else extra++;
    });
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 1_000; i++) {
      all.push(
        calls.settle(async ({ attempt }) => {
          await sleep(clock, attempt === 1 && i % 2 === 0 ? 100 : 1);
          if (i % 2 === 1) throw new Error('broken');
        }),
      );
      // More than the window of the budget, so that nothing that it has counted is missing.
      await clock.advance(9);
    }
    await clock.advance(1_000);
    await Promise.all(all);
    expect(firsts).toBe(1_000);
    expect(extra).toBeGreaterThan(150);
    expect(extra).toBeLessThanOrEqual(200);
  }
});

it('H6: without a retry, hedges earn it themselves', async () => {
  const clock = new VirtualClock();
  const budget = retryBudget({ ratio: 0.5, minPerSecond: 0 });
  const calls = pipeline({ name: 'calls', clock }, hedge({ delay: 10, maxExtraLoad: 1, budget }));
  for (let i = 0; i < 10; i++) await calls.execute(() => 1);
  expect(budget.balance(clock.now())).toBe(5);
});

it('H5: a hedge that was not made is not paid for, whatever it would have cost', () => {
  const load = new ExtraLoad(1);
  for (let i = 0; i < 5; i++) load.earn();
  load.putBack(load.take());
  expect(load.balance).toBe(5);
  for (let i = 0; i < 6; i++) load.told(false);
  expect(load.balance).toBe(0);
  for (let i = 0; i < 5; i++) load.earn();
  expect(load.balance).toBe(1);
  const cost = load.take();
  expect([cost, load.balance]).toEqual([8, 0]);
  load.putBack(cost);
  expect(load.balance).toBe(1);
});
