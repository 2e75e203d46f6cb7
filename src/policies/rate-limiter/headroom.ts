/** How many lows are kept apart. Beyond that, the oldest are merged, to the disadvantage of whoever asks. */
const MOST = 64;

/** The headroom sank to `room`, and no take after `until` has seen a lower one. */
interface Low {
  readonly until: number;
  readonly room: number;
}

/**
 * The least headroom of a bucket (what it lacks to be full) since each of its takes. A token that was taken then and had not been would still be
 * there, as far as that goes. Lows rise from the oldest to the newest, so each is the least of all since then.
 */
export class Headroom {
  #takes = 0;
  #lows: Low[] = [];

  /** Tokens are taken. Returns the number of the take. */
  mark(): number {
    return ++this.#takes;
  }

  /** Tokens have come, and this much is lacking now. */
  sink(room: number): void {
    const lows = this.#lows;
    while (lows.length > 0 && (lows.at(-1) as Low).room >= room) lows.pop();
    lows.push({ until: this.#takes, room });
    if (lows.length > MOST) this.#lows = merged(lows);
  }

  /** So many tokens of a take have come back, at most the least that was lacking since then: there has been less room in all that time. */
  undo(take: number, count: number): void {
    const since = this.#lows
      .filter(({ until }) => until >= take)
      .map(({ until, room }) => ({ until, room: room - count }));
    const least = since[0]?.room ?? Infinity;
    const before = this.#lows.filter(({ until, room }) => until < take && room < least);
    this.#lows = [...before, ...since];
  }

  /** The least that was lacking since this take. */
  leastSince(take: number): number {
    return this.#lows.find(({ until }) => until >= take)?.room ?? Infinity;
  }
}

/** The older half in pairs: each keeps the lower headroom for longer. */
function merged(lows: readonly Low[]): Low[] {
  const half = MOST / 2;
  const pairs: Low[] = [];
  for (let i = 0; i < half; i += 2) {
    pairs.push({ until: (lows[i + 1] as Low).until, room: (lows[i] as Low).room });
  }
  return [...pairs, ...lows.slice(half)];
}
