import type { Tally } from '../pipeline/reporting/tally.js';

/** Half a minute. With looks every 10 s, an answer looks 30 to 50 s back. */
const MARK_MS = 30_000;
/** A look after a longer pause than this has no past: what happened ten minutes ago is not lately. */
const MAX_PAUSE_MS = 600_000;
/** Looks that are closer together are one. */
const MIN_MS = 1_000;

/** Numbers that only grow. */
export type Counts = readonly number[];

/** By how much counts have grown, and in which time. */
export interface Growth {
  readonly overMs: number;
  readonly counts: Counts;
}

interface Mark {
  readonly atMs: number;
  readonly counts: Counts;
}

/**
 * Looks at counts now and then, and tells how much they have grown lately. It keeps two earlier looks. It has no clock: its caller passes the
 * time.
 */
export class Looks {
  #older: Mark | undefined;
  #newer: Mark | undefined;
  #last = -Infinity;
  #growth: Growth | undefined;

  /** `undefined` where there is no past to compare with: at the first look, at the first after a long pause, or when the clock went back. */
  look(atMs: number, counts: Counts): Growth | undefined {
    const pause = atMs - this.#last;
    if (pause >= 0 && pause < MIN_MS) return this.#growth;
    this.#last = atMs;
    const now: Mark = { atMs, counts: [...counts] };
    // A clock that went back has no past, either.
    if (!(pause >= 0 && pause <= MAX_PAUSE_MS)) this.#older = this.#newer = undefined;
    const { atMs: since, counts: then } = this.#since(atMs) ?? now;
    const overMs = atMs - since;
    this.#growth =
      overMs > 0 ? { overMs, counts: counts.map((n, i) => n - (then[i] ?? 0)) } : undefined;
    if (this.#newer === undefined || atMs - this.#newer.atMs >= MARK_MS) {
      this.#older = this.#newer;
      this.#newer = now;
    }
    return this.#growth;
  }

  /** The newer mark if it is old enough, else the older one if it is not too old. */
  #since(atMs: number): Mark | undefined {
    const [older, newer] = [this.#older, this.#newer];
    if (older === undefined || newer === undefined) return newer;
    const isOld = atMs - newer.atMs >= MARK_MS || atMs - older.atMs > 3 * MARK_MS;
    return isOld ? newer : older;
  }
}

/** What a member has been doing lately. */
export interface Activity {
  /** How far back this looks, in milliseconds. */
  readonly overMs: number;
  /** Calls that ended, a second. */
  readonly rate: number;
  /** The share of them that failed: in a failure or a timeout, in a fallback's answer, or later in their body. 0 to 1; `undefined` without calls. */
  readonly errorShare: number | undefined;
  /** The share of them that a policy refused. 0 to 1; `undefined` without calls. */
  readonly refusedShare: number | undefined;
}

/** Calls that ended, that failed, and that were refused. */
export const NONE: Counts = [0, 0, 0];

const FAILED: ReadonlySet<string> = new Set(['failure', 'timeout', 'fallback', 'body_failure']);

/** Counts calls that ended so. A body that fails belongs to a call that has been counted. */
export function countCalls(counts: number[], outcome: string, n: number): void {
  if (outcome !== 'body_failure') add(counts, 0, n);
  if (FAILED.has(outcome)) add(counts, 1, n);
  if (outcome === 'rejected') add(counts, 2, n);
}

/** Adds to one of the counts. */
export function add(counts: number[], at: number, n: number): void {
  counts[at] = (counts[at] as number) + n;
}

/** What counts say that begin with those of {@link countCalls}. */
export function activityOf({ overMs, counts }: Growth): Activity {
  const [calls, failed, refused] = counts as [number, number, number];
  const share = (n: number) => (calls > 0 ? Math.min(1, n / calls) : undefined);
  const rate = (calls * 1_000) / overMs;
  return { overMs, rate, errorShare: share(failed), refusedShare: share(refused) };
}

/** Watches the counters that pipelines keep anyway. */
export class Recent {
  readonly #looks = new Looks();
  /** What each tally said at the last look. A copy may go and come back. */
  readonly #known = new WeakMap<Tally, Counts>();
  readonly #sum = [...NONE];

  /** @param tallies Those of the pipelines now. One may be named more than once. */
  look(nowMs: number, tallies: Iterable<Tally>): Activity | undefined {
    for (const tally of new Set(tallies)) {
      const counts = total(tally);
      const known = this.#known.get(tally) ?? NONE;
      // A counter that is lower than before has started over.
      const since = counts.some((n, i) => n < (known[i] as number)) ? NONE : known;
      for (const [i, n] of counts.entries()) add(this.#sum, i, n - (since[i] as number));
      this.#known.set(tally, counts);
    }
    const growth = this.#looks.look(nowMs, this.#sum);
    return growth && activityOf(growth);
  }
}

function total({ straight, calls }: Tally): Counts {
  const counts = [straight, 0, 0];
  for (const { outcome, once, retried } of calls) countCalls(counts, outcome, once + retried);
  return counts;
}
