import type { Closing } from './closing.js';

/** A pipeline whose client has calls that outlast their promise. */
export interface Occupiable {
  occupied: number;
  readonly closing: Closing | undefined;
}

/** The same, with the group that has room for more calls. */
interface Lifetime extends Occupiable {
  occupants: Occupants | undefined;
}

interface Count {
  left: number;
  /** Weak, because the FinalizationRegistry holds the count: it would keep a pipeline that nobody uses. */
  readonly of: WeakRef<Occupiable>;
}

/** Registering each call on its own would cost more than the rest of the call. */
const MAX_CALLS = 64;

/**
 * A group of calls of a client that are not over, because a body may be read when its call has settled. Each call leaves once. If bodies
 * become unreachable, the garbage collector takes the group, and the rest of it counts as left.
 */
export class Occupants {
  readonly #of: Occupiable;
  readonly #count: Count;
  #calls = 0;

  constructor(of: Occupiable) {
    this.#of = of;
    this.#count = { left: 0, of: new WeakRef(of) };
    forgotten.register(this, this.#count);
  }

  /** Adds a call, if there is room. Returns whether there was. */
  join(): boolean {
    if (this.#calls === MAX_CALLS) return false;
    this.#calls++;
    this.#count.left++;
    this.#of.occupied++;
    return true;
  }

  leave(): void {
    this.#count.left--;
    this.#of.occupied--;
    this.#of.closing?.check();
  }
}

/** Counts a call of a client, until it leaves the occupants that are returned. */
export function occupy(lifetime: Lifetime): Occupants {
  const { occupants } = lifetime;
  if (occupants?.join() === true) return occupants;
  const more = new Occupants(lifetime);
  more.join();
  lifetime.occupants = more;
  return more;
}

const forgotten = /* @__PURE__ */ new FinalizationRegistry<Count>(({ left, of }) => {
  const pipeline = of.deref();
  if (pipeline === undefined) return;
  pipeline.occupied -= left;
  pipeline.closing?.check();
});
