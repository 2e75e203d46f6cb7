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

/** What an attempt has of a signal: it is made when somebody asks for it. */
export type Aborting = AbortController | GivenUp | undefined;

/**
 * One attempt: the context that the operation sees, and what the engine keeps for it.
 *
 * No AbortController exists until somebody reads `signal`: making one costs more than all policies together on Node 20.
 *
 * It has no fields, which are those of the classes that extend it: an object whose fields come from two classes takes longer to make.
 */
export abstract class Attempt implements Context {
  abstract attempt: number;
  /** What it runs. */
  abstract readonly operation: Operation;
  /** What the call sets in place of its policies' own options. */
  abstract readonly settings: LayerSettings | undefined;
  /** What the operation answered, or what has taken its place since. */
  abstract value: unknown;
  /** Where the call was made, if user code may be called from elsewhere. */
  abstract home: Home | undefined;
  /** The run that answers what its context is asked. */
  protected abstract readonly owner: ContextOwner | undefined;
  protected abstract aborting: Aborting;

  /** It belongs to this run from now on. */
  abstract belongTo(owner: ContextOwner): void;
  /** Makes a promise that can be settled at any moment. */
  abstract promise(): Promise<unknown>;
  /** Fulfils it. */
  abstract resolve(value: unknown): void;
  /** Rejects it. */
  abstract reject(reason: unknown): void;
  /** The run is over and its pass goes back to the pool. Whoever keeps the context does not keep the result. */
  abstract detach(): void;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What aborts the signal, for whom the work outlives the call: a body is read after it. */
  get controller(): AbortController {
    const known = this.aborting;
    if (known instanceof AbortController) return known;
    const controller = new AbortController();
    this.aborting = controller;
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
    const known = this.aborting;
    if (known instanceof AbortController) known.abort(reason);
    else if (known === undefined) this.aborting = new GivenUp(reason);
  }

  /** While the operation runs: stops the clock of the timeout in `layer`, if that bounds this attempt. */
  stopClock(layer: number | undefined): void {
    this.owner?.stopClock?.(layer);
  }

  /** Starts it anew, with `extraMs` on top of its time. */
  startClock(layer: number | undefined, extraMs: number): void {
    this.owner?.startClock?.(layer, extraMs);
  }
}

/**
 * An attempt that belongs to a run from the start.
 *
 * What a call brings along is kept here and not in the pooled pass: passes are old objects, and each store of a young
 * object into an old one costs a garbage collector's write barrier.
 */
export class OwnedAttempt extends Attempt {
  attempt = 0;
  readonly #operation: Operation;
  #value: unknown;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #owner: ContextOwner | undefined;
  #abort: Aborting;
  #home: Home | undefined;
  readonly #settings: LayerSettings | undefined;

  constructor(owner: ContextOwner, operation: Operation, settings?: LayerSettings) {
    super();
    this.#operation = operation;
    this.#settings = settings;
    this.#value = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
    this.#owner = owner;
    this.#abort = undefined;
    this.#home = undefined;
  }

  protected get owner(): ContextOwner | undefined {
    return this.#owner;
  }

  protected get aborting(): Aborting {
    return this.#abort;
  }

  protected set aborting(aborting: Aborting) {
    this.#abort = aborting;
  }

  belongTo(owner: ContextOwner): void {
    this.#owner = owner;
  }

  get operation(): Operation {
    return this.#operation;
  }

  get settings(): LayerSettings | undefined {
    return this.#settings;
  }

  get value(): unknown {
    return this.#value;
  }

  set value(value: unknown) {
    this.#value = value;
  }

  get home(): Home | undefined {
    return this.#home;
  }

  set home(home: Home | undefined) {
    this.#home = home;
  }

  /** Compiled, the executor is inlined and costs nothing. */
  promise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(value: unknown): void {
    this.#resolve?.(value);
  }

  reject(reason: unknown): void {
    this.#reject?.(reason);
  }

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
