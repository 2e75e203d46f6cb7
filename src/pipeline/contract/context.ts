/**
 * What an operation is told about its attempt. All members are getters, so pass the object on as it is: a copy
 * (`{ ...context }`) has none of them.
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

/**
 * Values that a call sets in place of its policies' own options, by layer: for a timeout the milliseconds (`Infinity` for none), for a
 * retry the number of retries.
 */
export type LayerSettings = readonly (number | undefined)[];

/** A context as this package's own clients (fetch, undici) use it. */
export interface OwnContext extends Context {
  /** What aborts the signal, for work that outlives the call: a body is read after it. */
  readonly controller: AbortController;
  /** The number of a call that somebody listens to. `undefined` once the attempt is over. */
  readonly heardAs: number | undefined;
  /** The operation must not run beside itself: no hedge of this call starts. */
  runsAlone?(): void;
}

/** The controller of the attempt that an operation was told about. */
export function controllerOf(context: Context): AbortController {
  return (context as OwnContext).controller;
}

/** The number of the call, if anybody listens to it. Ask before the attempt is over. */
export function callIdOf(context: Context): number | undefined {
  return (context as OwnContext).heardAs;
}

/** The operation must not run beside itself: no hedge starts. Say so before anything is waited for. */
export function runsAlone(context: Context): void {
  (context as OwnContext).runsAlone?.();
}

/** Stops and restarts the time of one attempt. Does nothing once the attempt is over. */
export interface AttemptClock {
  /** The time from now on does not count: the upstream is not to blame for it. */
  stop(): void;
  /** The time counts again, with `extraMs` on top. */
  start(extraMs: number): void;
}
