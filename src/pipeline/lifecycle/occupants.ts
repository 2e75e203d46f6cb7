import type { Closing } from './closing.js';

/** The part of a pipeline that its clients' calls occupy. */
export interface Occupiable {
  occupied: number;
  readonly closing: Closing | undefined;
}

interface Count {
  left: number;
  /** Weak: what a registry holds would keep a pipeline that nobody needs. */
  readonly of: WeakRef<Occupiable>;
}

/** To have each looked for costs more than all the rest of a call. */
const MAX_CALLS = 64;

/**
 * Some of the calls of a client that are not over: a body may be read when its call has settled. Each leaves once, and so does a body
 * that nobody can read any more: when none is left who could, the garbage collector takes the occupants.
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

  /** Whether there is room for one more, which there is then. */
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

const forgotten = new FinalizationRegistry<Count>(({ left, of }) => {
  const pipeline = of.deref();
  if (pipeline === undefined) return;
  pipeline.occupied -= left;
  pipeline.closing?.check();
});
