/** How important a call is, the most important first. */
export const priorities = ['highest', 'high', 'normal', 'low', 'lowest'] as const;

/** How important a call is. */
export type Priority = (typeof priorities)[number];

/** What a call says of itself, for policies that treat calls differently. */
export interface CallTraits {
  /** How important it is. `undefined`: it does not say. */
  readonly priority: Priority | undefined;
  /** How many permits of a rate limiter it takes. `undefined`: one. */
  readonly cost: number | undefined;
}

/** The rank of one attempt: see `Call.rank`. */
export function rankOf(priority: Priority | undefined, isFirst: boolean): number {
  return 2 * (4 - priorities.indexOf(priority ?? 'normal')) + (isFirst ? 1 : 0);
}
