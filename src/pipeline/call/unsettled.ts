import type { TimeOver } from './call-view.js';
import type { HeldGate } from './gate-exits.js';

/** A run of the layers inside a driver. */
export interface InnerRun {
  /** Its outermost layer. */
  readonly from: number;
  /** Whether an operation runs in it that it has not given up. */
  readonly operating: boolean;
  /** The driver does not want it any more; `expired`: because a time is over. */
  giveUpRun(reason: unknown, expired: boolean): void;
  /** Its time is over: what runs may end by itself. */
  timeIsUp(over: TimeOver): void;
}

/**
 * What a pass has started and what has not settled: its operation, and the runs that its drivers have started (with a hedge, several at
 * once). Both may outlast the pass, and so may the places in gates that hold them until then.
 */
export class Unsettled {
  /** The operation of the pass itself runs. */
  operation = false;
  /** The latest first. */
  #runs: readonly InnerRun[] = NONE;
  #held: readonly HeldGate[] = NONE;

  addRun(run: InnerRun): void {
    this.#runs = [run, ...this.#runs];
  }

  /** Nothing of this run goes on any more. */
  removeRun(run: InnerRun): void {
    this.#runs = this.#runs.filter((each) => each !== run);
  }

  /** Keeps a gate in force until nothing runs inside it. */
  hold(gate: HeldGate): void {
    this.#held = [...this.#held, gate];
  }

  /** Takes out the gates inside which nothing runs any more. */
  takeFreeGates(): readonly HeldGate[] {
    const held = this.#held;
    if (held.length === 0) return NONE;
    this.#held = held.filter(({ layer }) => this.isInside(layer));
    return held.filter(({ layer }) => !this.isInside(layer));
  }

  /** Whether something runs that was started inside this layer. */
  isInside(layer: number): boolean {
    return this.operation || this.#runs.some(({ from }) => from > layer);
  }

  get any(): boolean {
    return this.operation || this.#runs.length > 0;
  }

  /** Whether an operation runs in one of the runs that it has not given up. */
  get operating(): boolean {
    return this.#runs.some(({ operating }) => operating);
  }

  giveUpRuns(reason: unknown, expired: boolean): void {
    for (const run of this.#runs) run.giveUpRun(reason, expired);
  }

  /** Tells the runs that their time is over. */
  timeIsUp(over: TimeOver): void {
    for (const run of this.#runs) run.timeIsUp(over);
  }
}

const NONE: readonly never[] = [];
