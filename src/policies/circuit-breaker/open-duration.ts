/** How long a breaker stays open of its own accord, in milliseconds. */
export interface OpenFor {
  /** The first stay: > 0. */
  readonly openForMs: number;
  /** The longest stay: >= `openForMs`. */
  readonly maxOpenForMs: number;
  /** Growth of the stay from one consecutive opening to the next: >= 1. */
  readonly factor: number;
  /** By which share a stay is spread up and down, so that a fleet does not probe in step: 0 <= spread < 1. */
  readonly spread: number;
}

/** How long a server may ask for, where `maxOpenFor` is not longer. */
const MAX_ASKED_MS = 60_000;

/** The longest that a server can have a breaker stay open. */
export function longestAsked(maxOpenForMs: number | undefined): number {
  return Math.max(MAX_ASKED_MS, maxOpenForMs ?? 0);
}

/**
 * How long to stay open of its own accord: longer at each consecutive opening, spread, and never longer than the longest stay.
 *
 * @param opening 1 for the first opening after the breaker was closed.
 * @param chance 0 <= chance < 1.
 */
export function openDuration(openFor: OpenFor, opening: number, chance: number): number {
  const { openForMs, maxOpenForMs, factor, spread } = openFor;
  const base = Math.min(maxOpenForMs, openForMs * factor ** (opening - 1));
  const stay = base * (1 - spread + 2 * spread * chance);
  // Folded back and not cut off: else half of a fleet would come back together after exactly the longest stay.
  return Math.min(stay > maxOpenForMs ? 2 * maxOpenForMs - stay : stay, maxOpenForMs);
}

/** A stay that is at least as long as the server asked for, which has a longest of its own. */
export function atLeastAsked(
  stayMs: number,
  askedMs: number | undefined,
  maxOpenForMs: number | undefined,
): number {
  return Math.max(stayMs, Math.min(askedMs ?? 0, longestAsked(maxOpenForMs)));
}
