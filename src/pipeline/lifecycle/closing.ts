import { DrainingError } from '../../errors.js';
import type { Gate } from '../contract/policy.js';
import type { Plan } from '../plan.js';
import { planOf } from '../plan.js';
import type { Hub } from '../reporting/hub.js';

/** What of a pipeline has to be seen while it drains. */
interface Occupied {
  readonly hub: Hub;
  readonly inFlight: number;
  /** What outlasts its call. */
  readonly occupied: number;
}

/** What of a pipeline may never be over by itself. */
export interface Unread {
  /** No new calls are taken: what nobody wants any more is to be over soon. */
  close(): void;
  /** New calls are taken again. */
  reopen(): void;
}

/** The name under which calls are refused, in events, errors and telemetry. */
export const DRAIN = 'drain';

const refusing: Gate = {
  role: 'gate',
  type: DRAIN,
  enter: ({ label, captureStack }) =>
    new DrainingError(`${label}: draining, no new calls are taken`, { captureStack }),
  exit: () => {},
};

/**
 * A pipeline that takes no new calls: they get a plan that refuses, and those in flight keep theirs. So neither costs a call
 * anything before.
 */
export class Closing {
  /** What calls that start now go through. */
  readonly plan: Plan = planOf([{ policy: refusing, within: [] }], false);
  /** Resolves when the last call has settled, and nothing is left of one. */
  readonly idle: Promise<void>;
  readonly #of: Occupied;
  readonly #unwatch: () => void;
  #resolve!: () => void;
  #done = false;

  constructor(of: Occupied) {
    this.#of = of;
    this.idle = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#unwatch = of.hub.watchEnds();
    // Not at once: a listener may drain while its call is on the straight way out, and past where its end is told.
    void Promise.resolve().then(() => this.check());
  }

  /** Something has ended. */
  check(): void {
    if (this.#of.inFlight === 0 && this.#of.occupied === 0) this.end();
  }

  /** Nothing is waited for any more. */
  end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#unwatch();
    this.#resolve();
  }
}
