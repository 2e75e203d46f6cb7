/** How long a breaker stays open, in milliseconds. */
export interface OpenFor {
  /** The first stay: > 0. */
  readonly openForMs: number;
  /** The longest stay of its own accord: >= `openForMs`. */
  readonly maxOpenForMs: number;
}

/** A breaker's stay is spread by this share up and down, so that a fleet does not probe in step. */
const SPREAD = 0.2;

/** How long a server may ask for, where `maxOpenFor` is not longer. */
const MAX_ASKED_MS = 60_000;

/** The longest that a server can have a breaker stay open. */
export function longestAsked({ maxOpenForMs }: Pick<OpenFor, 'maxOpenForMs'>): number {
  return Math.max(MAX_ASKED_MS, maxOpenForMs);
}

/**
 * How long to stay open: twice as long at each consecutive opening, spread by 20%, never longer than the longest stay; but at
 * least as long as the server asked for, which has a longest of its own.
 *
 * @param opening 1 for the first opening after the breaker was closed.
 * @param chance 0 <= chance < 1.
 * @param askedMs What the failure asked for, if it did.
 */
export function openDuration(
  openFor: OpenFor,
  opening: number,
  chance: number,
  askedMs: number | undefined,
): number {
  const { openForMs, maxOpenForMs } = openFor;
  const base = Math.min(maxOpenForMs, openForMs * 2 ** (opening - 1));
  const spread = base * (1 - SPREAD + 2 * SPREAD * chance);
  // Folded back and not cut off: else half of a fleet would come back together after exactly the longest stay.
  const stay = spread > maxOpenForMs ? 2 * maxOpenForMs - spread : spread;
  return Math.max(Math.min(stay, maxOpenForMs), Math.min(askedMs ?? 0, longestAsked(openFor)));
}
