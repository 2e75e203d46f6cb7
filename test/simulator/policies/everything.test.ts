import { describe, expect, it } from 'vitest';
import { comparisonsOf, meetsGoals } from '../support/comparisons.js';

const IDS = ['everything-half-fail-100', 'everything-one-of-eight-fails'];

/** Two of those of docs/goodput.md. */
const chosen = (await comparisonsOf('everything')).filter(([id]) => IDS.includes(id));

describe('all policies together', () => {
  it('are in the comparisons', () => {
    expect(chosen.map(([id]) => id).sort()).toEqual([...IDS].sort());
  });

  it.each(chosen)(
    'serve no less than standard() alone: %s',
    (_id, comparison) => {
      // A shorter calm before and after.
      const triggers = (comparison.scenario.triggers ?? []).map((trigger) => ({
        ...trigger,
        at: '8s' as const,
        lasts: '8s' as const,
        varies: 0,
      }));
      return meetsGoals(comparison, 1, { changes: { arrivals: '30s', triggers }, seeds: [1] });
    },
    180_000,
  );
});
