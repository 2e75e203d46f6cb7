/** What is given up when a signal aborts. */
export interface Follower {
  cancel(reason: unknown): void;
}

/**
 * All that follows one signal, with one listener on it while there is anything: signals are shared by many calls at once,
 * and Node warns of a leak at the eleventh listener.
 */
export class Following {
  readonly #signal: AbortSignal;
  readonly #followers = new Set<Follower>();
  readonly #onAbort = (): void => {
    const { reason } = this.#signal;
    // Whoever is removed meanwhile is not visited any more: a pass that settled may serve another call by then.
    for (const follower of this.#followers) follower.cancel(reason);
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(follower: Follower): void {
    if (this.#followers.size === 0) this.#signal.addEventListener('abort', this.#onAbort);
    this.#followers.add(follower);
  }

  remove(follower: Follower): void {
    if (this.#followers.delete(follower) && this.#followers.size === 0) {
      this.#signal.removeEventListener('abort', this.#onAbort);
    }
  }
}

const followings = new WeakMap<AbortSignal, Following>();

/** What follows this signal. */
export function followingOf(signal: AbortSignal): Following {
  let following = followings.get(signal);
  if (following === undefined) {
    following = new Following(signal);
    followings.set(signal, following);
  }
  return following;
}
