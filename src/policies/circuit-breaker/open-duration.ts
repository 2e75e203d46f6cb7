/** How long a breaker stays open if no failure asks for more, in milliseconds. */
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

/** The longest time a server may ask for, unless `maxOpenFor` is longer. */
const MAX_ASKED_MS = 60_000;

/** The longest time that a server can keep a breaker open. */
export function longestAsked(maxOpenForMs: number | undefined): number {
  return Math.max(MAX_ASKED_MS, maxOpenForMs ?? 0);
}

/**
 * How long to stay open if no failure asks for more. It grows with each consecutive opening, is spread, and never exceeds the longest stay.
 *
 * @param opening 1 for the first opening after the breaker was closed.
 * @param chance 0 <= chance < 1.
 */
export function openDuration(openFor: OpenFor, opening: number, chance: number): number {
  const { openForMs, maxOpenForMs, factor, spread } = openFor;
  const base = Math.min(maxOpenForMs, openForMs * factor ** (opening - 1));
  const stay = base * (1 - spread + 2 * spread * chance);
  // Folded back and not cut off. Otherwise half of a fleet would come back together after exactly the longest stay.
  return Math.min(stay > maxOpenForMs ? 2 * maxOpenForMs - stay : stay, maxOpenForMs);
}

/** A stay that is at least as long as the server asked for. What a server may ask for has its own limit. */
export function atLeastAsked(
  stayMs: number,
  askedMs: number | undefined,
  maxOpenForMs: number | undefined,
): number {
  return Math.max(stayMs, Math.min(askedMs ?? 0, longestAsked(maxOpenForMs)));
}
