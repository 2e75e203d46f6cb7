import { it } from 'vitest';
import { comparisonsOf, meetsGoals } from '../support/comparisons.js';

it.each(await comparisonsOf('hedge'))(
  'H3: in the simulator: %s',
  (_id, comparison) => meetsGoals(comparison, 1),
  300_000,
);
