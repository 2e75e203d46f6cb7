import { describe, it } from 'vitest';
import { comparisonsOf, meetsGoals } from '../support/comparisons.js';

/** A shorter calm before and after. */
const changes = {
  arrivals: '36s',
  triggers: [{ kind: 'slowdown', factor: 10, at: '10s', lasts: '8s' }],
} as const;

describe('D9: servers that are told what is left waste less, and serve more', async () => {
  it.each(await comparisonsOf('deadlines'))(
    'D9: %s',
    (_id, comparison) => meetsGoals(comparison, 3, { changes }),
    180_000,
  );
});
