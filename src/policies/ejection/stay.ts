/** How long hosts are ejected. */
export interface Stay {
  /** The first time, in milliseconds: > 0. */
  readonly ejectFor: number;
  /** The longest time: >= `ejectFor`. */
  readonly maxEjectFor: number;
}

/** By which share a stay is spread up and down, so that the clients of a fleet do not return in step. */
const SPREAD = 0.2;

/**
 * How long a host stays ejected. The time grows with each ejection, is spread, and never exceeds the longest.
 *
 * @param times How often it has been ejected of late, this time included: >= 1.
 * @param chance 0 <= chance < 1.
 */
export function stayOf({ ejectFor, maxEjectFor }: Stay, times: number, chance: number): number {
  const base = Math.min(maxEjectFor, ejectFor * times);
  const stay = base * (1 - SPREAD + 2 * SPREAD * chance);
  // Folded back. If it were cut off, half of a fleet would come back at the same moment.
  return stay > maxEjectFor ? 2 * maxEjectFor - stay : stay;
}

/** How often it has been ejected of late. A host that stays for a window after its return has one less. */
export function timesAfter(times: number, stayedMs: number, windowMs: number): number {
  return Math.max(0, times - Math.floor(stayedMs / windowMs));
}
