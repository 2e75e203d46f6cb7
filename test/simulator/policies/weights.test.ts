import { describe, it } from 'vitest';
import { comparisonsOf, meetsGoals } from '../support/comparisons.js';

describe('L4, L6: who counts what the upstream counts is not refused, and serves more', async () => {
  it.each(await comparisonsOf('weights'))(
    'L4, L6: %s',
    (_id, comparison) => meetsGoals(comparison, 2, { changes: { arrivals: '30s' } }),
    180_000,
  );
});
