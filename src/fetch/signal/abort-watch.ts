/** A listener that is told when a signal aborts. */
export interface AbortListener {
  onAbort(reason: unknown): void;
}

/** The part of an AbortSignal that watching needs. */
export interface WatchableSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * One listener on a signal for everybody who watches it. A service may give its shutdown signal to thousands of calls, whose
 * responses are read long afterwards. When nobody watches any more, the signal has no listener of ours.
 */
class AbortWatch {
  readonly #signal: WatchableSignal;
  readonly #listeners = new Set<AbortListener>();
  readonly #onAbort = (): void => {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    this.#signal.removeEventListener('abort', this.#onAbort);
    for (const listener of listeners) listener.onAbort(this.#signal.reason);
  };

  constructor(signal: WatchableSignal) {
    this.#signal = signal;
  }

  add(listener: AbortListener): void {
    if (this.#listeners.size === 0) this.#signal.addEventListener('abort', this.#onAbort);
    this.#listeners.add(listener);
  }

  delete(listener: AbortListener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

const watches = new WeakMap<WatchableSignal, AbortWatch>();

/** Tells `listener` once, synchronously, when the signal aborts. A signal that has already aborted tells nobody. */
export function watchAbort(signal: WatchableSignal, listener: AbortListener): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    watch = new AbortWatch(signal);
    watches.set(signal, watch);
  }
  watch.add(listener);
}

/** Undoes {@link watchAbort}. */
export function unwatchAbort(signal: WatchableSignal, listener: AbortListener): void {
  watches.get(signal)?.delete(listener);
}
