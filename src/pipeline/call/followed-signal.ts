/** What is given up when a signal aborts. */
export interface Follower {
  cancel(reason: unknown): void;
}

/** The place of a follower among all that follow one signal. */
export interface Followed {
  /** It does not follow the signal any more. */
  end(): void;
}

class Place implements Followed {
  before: Place | undefined = undefined;
  after: Place | undefined = undefined;
  /** None: the place has been left. */
  follower: Follower | undefined;
  readonly #following: Following;

  constructor(following: Following, follower: Follower) {
    this.#following = following;
    this.follower = follower;
  }

  end(): void {
    if (this.follower !== undefined) this.#following.remove(this);
  }
}

/**
 * All that follows one signal, with one listener on it while there is anything: signals are shared by many calls at once,
 * and Node warns of a leak at the eleventh listener. (`AbortSignal.any` leaks.)
 *
 * A linked list, because the garbage collector keeps what a Set has let go of for long: the table of a Set leads to the
 * tables that have replaced it.
 */
class Following {
  readonly #signal: AbortSignal;
  #first: Place | undefined = undefined;
  #last: Place | undefined = undefined;
  readonly #onAbort = (): void => {
    const { reason } = this.#signal;
    // Whoever leaves meanwhile is not visited any more.
    for (let place = this.#first; place !== undefined; place = this.#first) {
      const { follower } = place;
      this.remove(place);
      follower?.cancel(reason);
    }
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(follower: Follower): Followed {
    const place = new Place(this, follower);
    const last = this.#last;
    if (last === undefined) {
      this.#first = place;
      this.#signal.addEventListener('abort', this.#onAbort);
    } else {
      last.after = place;
      place.before = last;
    }
    this.#last = place;
    return place;
  }

  remove(place: Place): void {
    const { before, after } = place;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    place.before = undefined;
    place.after = undefined;
    place.follower = undefined;
    if (this.#first === undefined) this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

const followings = new WeakMap<AbortSignal, Following>();

/** Cancels the follower when the signal aborts. */
export function follow(signal: AbortSignal, follower: Follower): Followed {
  let following = followings.get(signal);
  if (following === undefined) {
    following = new Following(signal);
    followings.set(signal, following);
  }
  return following.add(follower);
}
