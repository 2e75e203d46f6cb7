/** Holds a circuit breaker isolated. A `using` declaration releases it, too. */
export interface Isolation {
  /** Releases it. The breaker closes when no isolation is left. A second release does nothing. */
  release(): void;
  [Symbol.dispose](): void;
}

/** The handles that hold a breaker isolated. */
export class Isolations {
  readonly #holders = new Set<object>();
  readonly #onLast: () => void;

  /** @param onLast Called when the last handle is released. */
  constructor(onLast: () => void) {
    this.#onLast = onLast;
  }

  hold(): Isolation {
    const holder = {};
    this.#holders.add(holder);
    const release = (): void => {
      if (this.#holders.delete(holder) && this.#holders.size === 0) this.#onLast();
    };
    return { release, [Symbol.dispose]: release };
  }

  /** Makes all handles void: they release nothing any more. */
  clear(): void {
    this.#holders.clear();
  }
}
