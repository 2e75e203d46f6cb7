import { rankOf } from '../../pipeline/contract/call-traits.js';

/** How many classes of calls there are. A class is a number: 4 for the most important one, 0 for the least. */
export const CLASSES = 5;

/** The rank of a first attempt of a call that says no class. */
export const PLAIN_RANK = /* @__PURE__ */ rankOf(undefined, true);

/** The class of calls of this rank. */
export function classOf(rank: number): number {
  return rank >> 1;
}

/**
 * What each class gets at least while calls of all classes wait, the least important first: two get a 32nd, the next ones a 16th and an eighth. The
 * most important one gets what the others leave, which is three quarters.
 */
const SHARES: readonly number[] = [0.03125, 0.03125, 0.0625, 0.125, 0.75];

export function shareOf(level: number): number {
  return SHARES[level] as number;
}
