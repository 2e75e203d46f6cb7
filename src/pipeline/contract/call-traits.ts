/** How important a call is. */
export type Priority = 'highest' | 'high' | 'normal' | 'low' | 'lowest';

/** The most important first. */
export const priorities: readonly Priority[] = ['highest', 'high', 'normal', 'low', 'lowest'];

/**
 * What a call takes from the rate limiters that it meets: one number for all of them, or numbers by the names of the limiters. A limiter
 * that is not named takes what it always takes.
 */
export type Cost = number | Readonly<Record<string, number>>;

/** A cost that is corrected when it is known: see `callCost`. */
export interface CorrectableCost {
  /** What the next attempt takes. */
  readonly now: Cost;
  /** What the call has really cost. */
  correct(cost: Cost): void;
  /** @internal A policy of this name took what is expected. `settle` tells it what it was. */
  taken?(policy: string, settle: (cost: number) => void): void;
}

/** What a call says of itself, for policies that treat calls differently. */
export interface CallTraits {
  /** How important it is. `undefined`: it does not say. */
  readonly priority: Priority | undefined;
  /** How many permits of a rate limiter it takes. `undefined`: as many as the limiter says, by default one. */
  readonly cost: Cost | CorrectableCost | undefined;
}

/** The rank of one attempt: see `Call.rank`. */
export function rankOf(priority: Priority | undefined, isFirst: boolean): number {
  return 2 * (4 - priorities.indexOf(priority ?? 'normal')) + (isFirst ? 1 : 0);
}
