import type { OwnContext } from '../contract/context.js';

/** What a context asks of the run it belongs to. */
export interface ContextOwner {
  readonly pipeline: string;
  readonly deadline: number;
  readonly time: { now(): number };
  /** The number of a call that somebody listens to. */
  readonly heardAs?: number | undefined;
  stopClock?(layer: number | undefined): void;
  startClock?(layer: number | undefined, extraMs: number): void;
}

/** What the engine does with the context of an attempt. */
export interface RunningContext extends OwnContext {
  /** Number of this attempt within the call. */
  attempt: number;
  /** Gives the attempt up: its signal, read or not yet read, aborts with this reason. */
  abort(reason: unknown): void;
  /** The run is over: whoever keeps the context must not keep the call and its result. */
  detach(): void;
}

/** Stands in for a controller that nobody asked for before the attempt was given up. */
class GivenUp {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/**
 * The context that an operation sees. No AbortController exists until somebody reads `signal`: on Node 20, making one costs more than all
 * policies together.
 */
export class Attempt implements RunningContext {
  attempt = 0;
  #owner: ContextOwner | undefined;
  #abort: AbortController | GivenUp | undefined;

  constructor(owner?: ContextOwner) {
    this.#owner = owner;
  }

  /** Who answers what the context is asked, as far as that is known. */
  protected get knownOwner(): ContextOwner | undefined {
    return this.#owner;
  }

  /** Who answers what the context is asked. */
  protected get owner(): ContextOwner | undefined {
    return this.#owner;
  }

  /** From now on, this one does. */
  belongTo(owner: ContextOwner): void {
    this.#owner = owner;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get controller(): AbortController {
    const known = this.#abort;
    if (known instanceof AbortController) return known;
    const controller = new AbortController();
    this.#abort = controller;
    if (known !== undefined) controller.abort(known.reason);
    return controller;
  }

  get deadline(): number {
    return this.owner?.deadline ?? Infinity;
  }

  get timeLeft(): number {
    const { owner } = this;
    const deadline = owner?.deadline ?? Infinity;
    if (deadline === Infinity || owner === undefined) return Infinity;
    return Math.max(0, deadline - owner.time.now());
  }

  get pipeline(): string {
    return this.owner?.pipeline ?? '';
  }

  get callId(): number | undefined {
    return this.owner?.heardAs;
  }

  stopClock(layer: number | undefined): void {
    this.owner?.stopClock?.(layer);
  }

  startClock(layer: number | undefined, extraMs: number): void {
    this.owner?.startClock?.(layer, extraMs);
  }

  abort(reason: unknown): void {
    if (this.#abort instanceof AbortController) this.#abort.abort(reason);
    else this.#abort ??= new GivenUp(reason);
  }

  detach(): void {
    this.#owner = undefined;
  }
}
