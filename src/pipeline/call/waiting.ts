import type { Admission } from '../contract/policy.js';
import { outcomeOf } from '../outcome/outcome.js';
import type { CallView } from './call-view.js';
import type { HeldGate } from './gate-exits.js';
import { leaveQueue } from './gate-exits.js';
import type { Refusal } from './way-in.js';
import { refusalIn } from './way-in.js';

/** Who waits. */
export interface Waiter {
  /** The gate has made up its mind; `undefined`: it lets the pass in. */
  answered(refusal: Refusal | undefined): void;
  /** It has let the pass in after that had left. */
  admittedLate(gate: HeldGate): void;
}

/** The wait of a pass to be let in by the gate that was asked last: in a queue, say. */
export class Wait {
  readonly #view: CallView;
  readonly #layer: number;
  /** When it began, if somebody watches the call; else NaN. */
  readonly #since: number;
  #over = false;
  /** Why the pass does not wait any more. */
  #leftFor: unknown;

  constructor(view: CallView, admission: PromiseLike<Admission>, waiter: Waiter) {
    this.#view = view;
    this.#layer = view.layer;
    this.#since = view.record.watched ? view.time.now() : Number.NaN;
    Promise.resolve(admission).then(
      (answer) => this.#answered(waiter, answer, undefined),
      (error: unknown) => this.#answered(waiter, undefined, { why: 'failed', error }),
    );
  }

  /** The pass is given up: it leaves the queue. */
  giveUp(reason: unknown): void {
    this.#end();
    this.#leftFor = reason;
    leaveQueue(this.#view, this.#layer);
  }

  #answered(waiter: Waiter, answer: unknown, fault: Refusal | undefined): void {
    const view = this.#view;
    if (!this.#over) {
      this.#end();
      waiter.answered(fault ?? refusalIn(view, answer));
    } else if (fault === undefined && answer === undefined) {
      const layer = this.#layer;
      const outcome = outcomeOf('cancelled', undefined, this.#leftFor);
      waiter.admittedLate({ layer, state: view.states[layer], outcome });
    }
  }

  #end(): void {
    this.#over = true;
    const { record, policy, time } = this.#view;
    if (!Number.isNaN(this.#since)) record.waited(policy, time.now() - this.#since);
  }
}
