import fc from 'fast-check';
import type { ChaosInjection } from 'holdfast';
import { chaos, keyed, pipeline, retry } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { Dice } from '../../../src/policies/chaos/dice.js';

const seeds = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const rates = fc.double({ min: 0, max: 1, noNaN: true });

function drawn(seed: number, key: string, purpose: number, n: number): number[] {
  const dice = new Dice(seed, key, purpose);
  return Array.from({ length: n }, () => dice.next());
}

/** How likely it is at most that a count of hits is that far from what a rate promises: six standard deviations. */
function isNear(hits: number, rate: number, n: number): boolean {
  return Math.abs(hits - rate * n) <= 6 * Math.sqrt(rate * (1 - rate) * n) + 1;
}

describe('random numbers from a seed', () => {
  it('C4: are from 0 to below 1, and the same for the same seed, key and purpose', () => {
    fc.assert(
      fc.property(seeds, fc.string(), fc.nat({ max: 4 }), (seed, key, purpose) => {
        const numbers = drawn(seed, key, purpose, 20);
        expect(numbers).toEqual(drawn(seed, key, purpose, 20));
        for (const each of numbers) expect(each >= 0 && each < 1).toBe(true);
      }),
    );
  });

  it('C4: hit at any rate as often as it says, from any seed', () => {
    fc.assert(
      fc.property(seeds, fc.string(), rates, (seed, key, rate) => {
        const n = 2_000;
        const hits = drawn(seed, key, 0, n).filter((each) => each < rate).length;
        expect(isNear(hits, rate, n)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('C4: hit apart from those for another purpose, key or seed', () => {
    fc.assert(
      fc.property(seeds, rates, rates, (seed, one, other) => {
        const n = 2_000;
        const first = drawn(seed, 'a', 0, n);
        const others = [drawn(seed, 'a', 1, n), drawn(seed, 'b', 0, n), drawn(seed + 1, 'a', 0, n)];
        for (const second of others) {
          const both = first.filter((each, i) => each < one && (second[i] as number) < other);
          expect(isNear(both.length, one * other, n)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** What is injected into each of these attempts, by the events. */
async function injected(
  seed: number,
  of: Partial<Record<ChaosInjection, number>>,
  n: number,
): Promise<string[][]> {
  const policy = chaos({
    seed,
    behavior: { rate: of.behavior ?? 0, run: () => {} },
    latency: { rate: of.latency ?? 0, delay: 0 },
    faults: { rate: of.fault ?? 0, error: () => new Error('injected') },
    results: { rate: of.result ?? 0, value: 'injected' },
  });
  const calls = pipeline('calls', policy);
  const all: string[][] = [];
  calls.on('chaos', ({ injection }) => void all.at(-1)?.push(injection));
  policy.start();
  for (let i = 0; i < n; i++) {
    all.push([]);
    await calls.settle(async () => 'real');
  }
  return all;
}

describe('what is injected', () => {
  it('C4: is the same for the same seed and sequence of attempts, after each start', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, rates, async (seed, fault) => {
        expect(await injected(seed, { fault, result: 0.5 }, 30)).toEqual(
          await injected(seed, { fault, result: 0.5 }, 30),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('C4: of one kind does not depend on the rates of the others, and grows with its own', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, rates, rates, rates, async (seed, latency, low, high) => {
        const [less, more] = [Math.min(low, high), Math.max(low, high)];
        const alone = await injected(seed, { latency }, 30);
        const beside = await injected(seed, { latency, fault: less, behavior: 0.5 }, 30);
        const raised = await injected(seed, { latency, fault: more, behavior: 0.5 }, 30);
        const has = (all: string[][], kind: string) => all.map((each) => each.includes(kind));
        expect(has(beside, 'latency')).toEqual(has(alone, 'latency'));
        has(beside, 'fault').forEach((is, i) => {
          if (is) expect(has(raised, 'fault')[i]).toBe(true);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('C4: of two kinds is in the same attempt as often as chance has it', async () => {
    const n = 1_000;
    for (const seed of [1, 2, 3]) {
      const all = await injected(seed, { latency: 0.5, fault: 0.5, behavior: 0.5 }, n);
      const withBoth = (one: string, other: string): number =>
        all.filter((each) => each.includes(one) && each.includes(other)).length;
      expect(isNear(withBoth('latency', 'fault'), 0.25, n)).toBe(true);
      expect(isNear(withBoth('behavior', 'latency'), 0.25, n)).toBe(true);
      expect(isNear(withBoth('behavior', 'fault'), 0.25, n)).toBe(true);
    }
  });

  it('C4: begins anew with each start', async () => {
    const policy = chaos({ seed: 7, faults: { rate: 0.5, error: () => new Error('injected') } });
    const calls = pipeline('calls', policy);
    const run = async () => {
      policy.start();
      const ends: string[] = [];
      for (let i = 0; i < 30; i++) ends.push((await calls.settle(async () => 1)).status);
      return ends;
    };
    expect(await run()).toEqual(await run());
  });

  it('C4: retries draw again; each key has a sequence of its own, whichever key is called when', async () => {
    const sequence = async (order: readonly string[]) => {
      const policy = chaos({ seed: 9, faults: { rate: 0.5, error: () => new Error('injected') } });
      const calls = keyed(pipeline('calls', retry({ maxRetries: 1, initialDelay: 0 }), policy));
      policy.start();
      const attempts: Record<string, number[]> = {};
      for (const key of order) {
        let made = 0;
        const stop = calls.on('chaos', () => made++);
        await calls.get(key).settle(async () => 1);
        stop();
        attempts[key] = [...(attempts[key] ?? []), made];
      }
      return attempts;
    };
    const keys = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 'a' : 'b'));
    const mixed = await sequence(keys);
    expect(mixed).toEqual(await sequence([...keys].sort()));
    expect(mixed['a']).not.toEqual(mixed['b']);
    expect(new Set(mixed['a'])).toEqual(new Set([0, 1, 2]));
  });
});
