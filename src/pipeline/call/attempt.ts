import type { OwnContext } from '../contract/context.js';

/** What a context asks of the run it belongs to. */
export interface ContextOwner {
  readonly pipeline: string;
  readonly deadline: number;
  readonly time: { now(): number };
  /** The number of a call that somebody listens to. */
  readonly heardAs?: number | undefined;
  /** The run that called the operation, in the full engine. */
  readonly innermost?: unknown;
  runsAlone?(): void;
}

/** What the engine does with the context of an attempt. */
export interface RunningContext extends OwnContext {
  readonly owner: ContextOwner | undefined;
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
 * What aborts an attempt. No AbortController exists until somebody reads `signal`: on Node 20, making one costs more than all policies
 * together.
 */
export type Abort = AbortController | GivenUp | undefined;

/** The controller behind it, made if there is none so far. */
export function controllerIn(abort: Abort): AbortController {
  if (abort instanceof AbortController) return abort;
  const controller = new AbortController();
  if (abort !== undefined) controller.abort(abort.reason);
  return controller;
}

/** Gives the attempt up. Its signal, read or not yet read, aborts with this reason. */
export function abortedWith(abort: Abort, reason: unknown): Abort {
  if (abort instanceof AbortController) abort.abort(reason);
  return abort ?? new GivenUp(reason);
}

/** How long a context still has, by its owner, in milliseconds. */
export function timeLeftOf(owner: ContextOwner | undefined): number {
  const deadline = owner?.deadline ?? Infinity;
  if (deadline === Infinity || owner === undefined) return Infinity;
  return Math.max(0, deadline - owner.time.now());
}

/** The context that an operation sees in the full engine. */
export class Attempt implements RunningContext {
  attempt = 0;
  /** Who answers what the context is asked. */
  #owner: ContextOwner | undefined;
  #abort: Abort;

  constructor(owner: ContextOwner) {
    this.#owner = owner;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get controller(): AbortController {
    const controller = controllerIn(this.#abort);
    this.#abort = controller;
    return controller;
  }

  get deadline(): number {
    return this.#owner?.deadline ?? Infinity;
  }

  get timeLeft(): number {
    return timeLeftOf(this.#owner);
  }

  get pipeline(): string {
    return this.#owner?.pipeline ?? '';
  }

  get owner(): ContextOwner | undefined {
    return this.#owner;
  }

  get heardAs(): number | undefined {
    return this.#owner?.heardAs;
  }

  runsAlone(): void {
    this.#owner?.runsAlone?.();
  }

  abort(reason: unknown): void {
    this.#abort = abortedWith(this.#abort, reason);
  }

  detach(): void {
    this.#owner = undefined;
  }
}
