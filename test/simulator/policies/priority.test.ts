import { describe, it } from 'vitest';
import { comparisonsOf, meetsGoals } from '../support/comparisons.js';

describe('K2, K3: in overload, important calls are answered, the least important get their share, and all together are not fewer', async () => {
  it.each(await comparisonsOf('priority'))(
    'K2, K3: %s',
    // With less calm afterwards.
    (_id, comparison) => meetsGoals(comparison, 3, { changes: { arrivals: '60s' } }),
    180_000,
  );
});
