import type { Home } from '../call/async-context.js';

/**
 * What an operation is told about the attempt it makes. Its members are read when they are asked for, so pass it on as it is: a
 * copy (`{ ...context }`) has none of them.
 */
export interface Context {
  /** Aborts when this attempt is given up: by the caller, by a timeout, or because another attempt takes its place. Made on first read. */
  readonly signal: AbortSignal;
  /** Number of this attempt within the call: 1 for the first. */
  readonly attempt: number;
  /** When the nearest timeout expires, in the pipeline clock's milliseconds; `Infinity` without one. */
  readonly deadline: number;
  /** Milliseconds left until {@link Context.deadline}, never negative; `Infinity` without a timeout. */
  readonly timeLeft: number;
  /** Name of the pipeline. */
  readonly pipeline: string;
}

/** What a pipeline runs. */
export type Operation<T = unknown> = (context: Context) => T | PromiseLike<T>;

/** What a context asks of the run it belongs to. */
export interface ContextOwner {
  readonly pipeline: string;
  readonly deadline: number;
  readonly time: { now(): number };
  /** Of a call that somebody listens to, its number. */
  readonly heardAs?: number | undefined;
  stopClock?(layer: number | undefined): void;
  startClock?(layer: number | undefined, extraMs: number): void;
}

/**
 * What a call sets in place of its policies' own options, by layer: of a timeout the milliseconds (`Infinity` for none), of a retry the
 * number of retries.
 */
export type LayerSettings = readonly (number | undefined)[];

/** Stands in for a controller that nobody asked for before the attempt was given up. */
class GivenUp {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/**
 * One attempt: the context that the operation sees, and what the engine keeps for it.
 *
 * No AbortController exists until somebody reads `signal`: making one costs more than all policies together on Node 20.
 *
 * What a call brings along is kept here and not in the pooled pass: passes are old objects, and each store of a young
 * object into an old one costs a garbage collector's write barrier.
 */
export class Attempt implements Context {
  attempt = 0;
  readonly #operation: Operation;
  #value: unknown;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #owner: ContextOwner | undefined;
  #abort: AbortController | GivenUp | undefined;
  #home: Home | undefined;
  readonly #settings: LayerSettings | undefined;

  constructor(owner: ContextOwner | undefined, operation: Operation, settings?: LayerSettings) {
    this.#operation = operation;
    this.#settings = settings;
    this.#value = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
    this.#owner = owner;
    this.#abort = undefined;
    this.#home = undefined;
  }

  /** The run it belongs to. */
  protected get knownOwner(): ContextOwner | undefined {
    return this.#owner;
  }

  /** The run that answers what its context is asked. */
  protected get owner(): ContextOwner | undefined {
    return this.#owner;
  }

  /** It belongs to this run from now on. */
  belongTo(owner: ContextOwner): void {
    this.#owner = owner;
  }

  /** What it runs. */
  get operation(): Operation {
    return this.#operation;
  }

  /** What the call sets in place of its policies' own options. */
  get settings(): LayerSettings | undefined {
    return this.#settings;
  }

  /** What the operation answered, or what has taken its place since. */
  get value(): unknown {
    return this.#value;
  }

  set value(value: unknown) {
    this.#value = value;
  }

  /** Where the call was made, if user code may be called from elsewhere. */
  get home(): Home | undefined {
    return this.#home;
  }

  set home(home: Home | undefined) {
    this.#home = home;
  }

  /** Makes a promise that can be settled at any moment. Compiled, the executor is inlined and costs nothing. */
  promise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Fulfils the promise. */
  resolve(value: unknown): void {
    this.#resolve?.(value);
  }

  /** Rejects the promise. */
  reject(reason: unknown): void {
    this.#reject?.(reason);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What aborts the signal, for whom the work outlives the call: a body is read after it. */
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

  /** The number of a call that somebody listens to. */
  get callId(): number | undefined {
    return this.owner?.heardAs;
  }

  /** Gives the attempt up: its signal, read or not yet read, aborts with this reason. */
  abort(reason: unknown): void {
    if (this.#abort instanceof AbortController) this.#abort.abort(reason);
    else this.#abort ??= new GivenUp(reason);
  }

  /** While the operation runs: stops the clock of the timeout in `layer`, if that bounds this attempt. */
  stopClock(layer: number | undefined): void {
    this.owner?.stopClock?.(layer);
  }

  /** Starts it anew, with `extraMs` on top of its time. */
  startClock(layer: number | undefined, extraMs: number): void {
    this.owner?.startClock?.(layer, extraMs);
  }

  /** The run is over and its pass goes back to the pool. Whoever keeps the context does not keep the result. */
  detach(): void {
    this.#owner = undefined;
    this.#value = undefined;
  }
}

/** The controller of the attempt that an operation was told about. */
export function controllerOf(context: Context): AbortController {
  return (context as Attempt).controller;
}

/** The number of the call, if anybody listens to it. To be asked before the attempt is over. */
export function callIdOf(context: Context): number | undefined {
  return (context as Attempt).callId;
}

/** What measures the time of one attempt. Once the attempt is over nothing happens. */
export interface AttemptClock {
  /** The time from now on is not the upstream's. */
  stop(): void;
  /** It is again, after `extraMs` more. */
  start(extraMs: number): void;
}

/** The clock of the timeout in `layer`, if there is one, and of the limiters around the attempt that an operation was told about. */
export function clockOf(context: Context, layer: number | undefined): AttemptClock {
  const attempt = context as Attempt;
  return {
    stop: () => attempt.stopClock(layer),
    start: (extraMs) => attempt.startClock(layer, extraMs),
  };
}
