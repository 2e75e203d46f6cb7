import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/index.js';
import { arms, type SearchOptions, smallestTrigger } from '../../src/simulator/index.js';
import { short } from './support/short.js';

describe('the search for the smallest trigger', () => {
  it('finds how short a slowdown is enough for naive retries', async () => {
    const found = await smallestTrigger({
      scenario: { ...short, load: 0.6 },
      arm: arms.naive,
      seeds: [1],
      within: 5,
      from: 50,
      to: 5_000,
    });
    expect(found.vary).toBe('lasts');
    expect(found.value).toBeGreaterThan(50);
    expect(found.value).toBeLessThan(2_000);
    expect(found.text).toMatch(/^does not recover within 5 s from lasts [\d.]+ ms$/);
    // Both sides of the edge were tried, and lie close together.
    const values = found.tried.map(({ value }) => value);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    const edge = found.tried.findIndex(({ recovers }) => !recovers);
    expect(found.tried[edge]?.value).toBe(found.value);
    expect(Number(found.value) / Number(values[edge - 1])).toBeLessThan(1.05);
    expect(found.tried.slice(edge).every(({ recovers }) => !recovers)).toBe(true);
  });

  it('says so where an arm recovers from all of them', async () => {
    const found = await smallestTrigger({
      scenario: short,
      arm: arms.none,
      seeds: [1, 2],
      within: 15,
      to: 2_000,
    });
    expect(found).toEqual({
      vary: 'lasts',
      value: null,
      tried: [{ value: 2_000, recovers: true }],
      text: 'recovers within 15 s from all up to lasts 2000 ms',
    });
  });

  it('answers the smallest value where that is too much already', async () => {
    const found = await smallestTrigger({
      scenario: { ...short, triggers: [{ kind: 'errors', at: '6s' }] },
      arm: arms.none,
      seeds: [1],
      within: 1,
      vary: 'share',
      from: 0.2,
    });
    expect(found.value).toBe(0.2);
    expect(found.text).toBe('does not recover within 1 s from share 0.2');
  });

  it.each<[Partial<SearchOptions>, string]>([
    [{ scenario: { name: 'x' } }, 'scenario.triggers: must have a trigger to vary'],
    [
      { vary: 'share' },
      'search.vary: is not a size of the first trigger, which is of the kind slowdown',
    ],
    [{ from: 100, to: 50 }, 'search.from: must not be above to (50)'],
    [{ within: 0 }, 'search.within: must be a number above 0'],
    [{ vary: 'factor', to: 5_000 }, 'scenario.triggers[0].factor: must be a number above 0'],
  ])('%o is a mistake', async (options, text) => {
    const error: unknown = await smallestTrigger({
      scenario: short,
      arm: arms.none,
      seeds: [1],
      ...options,
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toContain(text);
  });
});
