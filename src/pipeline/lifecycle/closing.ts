import { DrainingError } from '../../errors.js';
import type { Gate } from '../contract/policy.js';
import type { Plan } from '../plan.js';
import { planOf } from '../plan.js';
import type { Hub } from '../reporting/hub.js';

/** A pipeline that drains. */
export interface Occupied {
  readonly hub: Hub;
  readonly inFlight: number;
  /** Calls of a client that are not over, such as responses that are still read. */
  readonly occupied: number;
}

/** Work of a pipeline's client that may never end by itself. */
export interface Unread {
  /** The pipeline drains: unwanted work has to end soon. */
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
 * The state of a draining pipeline. New calls get a plan that refuses them, and those in flight keep theirs, so draining costs nothing
 * before it begins.
 */
export class Closing {
  /** What calls that start now go through. */
  readonly plan: Plan = planOf([{ policy: refusing, within: [] }], {
    straight: true,
    tells: false,
  });
  /** Resolves when the last call has settled and nothing of it goes on. */
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
    // Not at once: a listener may drain while its call ends, past the point where that is reported.
    void Promise.resolve().then(() => this.check());
  }

  /** Call this when something has ended. */
  check(): void {
    if (this.#of.inFlight === 0 && this.#of.occupied === 0) this.end();
  }

  /** Stops waiting. */
  end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#unwatch();
    this.#resolve();
  }
}
