import type { Plan } from '../plan.js';
import type { Occupied, Unread } from './closing.js';
import { Closing } from './closing.js';
import type { Occupants } from './occupants.js';

/** The pipeline. */
interface Living extends Occupied {
  /** What calls that start now go through. */
  entry: Plan | undefined;
}

/** The drain of a pipeline, and what a drain waits for beyond the calls: responses whose bodies are still read. Most pipelines have neither. */
export class Lifetime {
  /** Set while it drains. */
  closing: Closing | undefined;
  /** Of what calls have left, what may never be over. Set by the client. It is told when no new calls are taken. */
  unread: Unread | undefined;
  /** Calls of a client that are not over: a body may be read when its call has settled. */
  occupied = 0;
  /** The group of such calls that has room for more: see `occupy`. */
  occupants: Occupants | undefined;
  readonly #of: Living;

  constructor(of: Living) {
    this.#of = of;
  }

  /** Takes no new calls. The promise resolves when nothing is left of those in flight. */
  close(): Promise<void> {
    if (this.closing === undefined) {
      this.closing = new Closing(this.#of);
      this.#of.entry = this.closing.plan;
      this.unread?.close();
      // From now on only their bodies lead to them.
      this.occupants = undefined;
    }
    return this.closing.idle;
  }
}
