import type { Clock } from '../time/clock.js';
import type { AbortListener, WatchableSignal } from './abort-watch.js';
import { unwatchAbort, watchAbort } from './abort-watch.js';
import { classifyFetchError } from './classify-error.js';
import type { ResponseLike } from './types.js';

/** What bounds the reading of a body, once its headers are there. */
export interface BodyBounds {
  readonly clock: Clock;
  /** When the call's time is over, in the clock's milliseconds; `Infinity` when it never is. */
  readonly deadline: number;
  /** Makes the error of that moment. */
  readonly timeoutError: () => unknown;
  /** The caller's signal. */
  readonly signal?: WatchableSignal | null | undefined;
  /**
   * Called exactly once, when the body has ended in any way: read, cancelled, failed, or collected as garbage; at once where there is
   * none. As the controller, it must not lead to the response.
   */
  readonly onEnd?: ((failure: unknown) => void) | undefined;
}

/** The controller whose signal fetch was given. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** The methods of a Response that read its body to the end. */
const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

type Reader = (this: object, ...args: unknown[]) => unknown;

/**
 * Keeps the call's deadline and the caller's signal in force while the body is read: fetch has answered, the pipeline
 * is done with the call, but a server can stall in the body as well as before it. When either comes, the controller
 * aborts, and with it whatever reads the body.
 *
 * It ends when the body has been read by one of the Response's methods, and at the deadline; where that is far or there is
 * none, when nobody can read the body any more (its stream is collected as garbage). A body read through its stream ends
 * unseen: then it is the deadline, and the abort finds nothing left to do.
 *
 * The guard keeps neither the response nor the process alive.
 *
 * @param controller nothing but the controller may be reachable from it, or the response stays in memory.
 */
export function guardBody(response: ResponseLike, controller: Abortable, bounds: BodyBounds): void {
  const { body } = response;
  const { signal, deadline, onEnd } = bounds;
  if (typeof body !== 'object' || body === null) {
    onEnd?.(undefined);
    return;
  }
  const isBound = deadline !== Infinity || (signal !== null && signal !== undefined);
  if (!isBound && onEnd === undefined) return;
  const guard = new BodyGuard(controller, bounds);
  if (guard.endsLate) abandoned.register(body, guard, guard);
  if (Guarded.replace(response, guard)) hookReaders(response);
  if (signal?.aborted === true) guard.onAbort(signal.reason);
}

const abandoned = new FinalizationRegistry<BodyGuard>((guard) => guard.release());

/**
 * With a deadline nearer than this a guard soon ends by itself: watching for the garbage collector would cost more than all
 * the rest. Those of a service with hours for its downloads would pile up.
 */
const LATE_MS = 60_000;

class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is how a private field is put on somebody else's object.
    return object;
  }
}

/** A Response's guard, as a private field of the Response: nobody sees it, and it is cheaper than an entry in a WeakMap. */
class Guarded extends Itself {
  #guard: BodyGuard;

  private constructor(response: object, guard: BodyGuard) {
    super(response);
    this.#guard = guard;
  }

  static of(response: object): BodyGuard | undefined {
    return #guard in response ? response.#guard : undefined;
  }

  /** Answers whether it is the first one. */
  static replace(response: object, guard: BodyGuard): boolean {
    if (#guard in response) {
      // A fetch that answers the same Response twice (a double in tests): the later call decides.
      response.#guard.release();
      response.#guard = guard;
      return false;
    }
    new Guarded(response, guard);
    return true;
  }
}

class BodyGuard implements AbortListener {
  readonly #controller: Abortable;
  readonly #clock: Clock;
  readonly #signal: WatchableSignal | undefined;
  readonly #timeoutError: () => unknown;
  readonly #timer: unknown;
  #onEnd: ((failure: unknown) => void) | undefined;
  #fired: { readonly reason: unknown } | undefined;
  /** Whether nobody should count on its deadline to end it. */
  readonly endsLate: boolean;

  constructor(controller: Abortable, bounds: BodyBounds) {
    const { clock, deadline, signal, timeoutError, onEnd } = bounds;
    this.#controller = controller;
    this.#clock = clock;
    this.#timeoutError = timeoutError;
    this.#onEnd = onEnd;
    this.#signal = signal ?? undefined;
    if (signal !== undefined && signal !== null) watchAbort(signal, this);
    const timeLeft = deadline === Infinity ? Infinity : Math.max(0, deadline - clock.now());
    this.endsLate = timeLeft > LATE_MS;
    if (timeLeft !== Infinity) {
      this.#timer = clock.setTimer(this.#onDeadline, timeLeft);
      // A body nobody reads must not hold up the end of the process; one that is read does so by its socket.
      unref(this.#timer);
    }
  }

  readonly #onDeadline = (): void => this.onAbort(this.#timeoutError());

  onAbort(reason: unknown): void {
    this.#fired = { reason };
    this.release(reason);
    this.#controller.abort(reason);
  }

  /**
   * The read of one of the Response's methods. Once the guard has aborted, its reason is why it fails: undici 6 has errors of
   * its own for bodies that nobody was reading then, and for clones.
   *
   * @param taken whether somebody reads the body already: then this read will fail, and is not the end of theirs.
   */
  async follow(read: unknown, taken: boolean, name: string): Promise<unknown> {
    try {
      const value = await read;
      if (!taken) this.release();
      return value;
    } catch (error) {
      const failure = this.#fired === undefined ? error : this.#fired.reason;
      if (!taken) this.release(isOfContent(name, error) ? undefined : failure);
      throw failure;
    }
  }

  release(failure?: unknown): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this);
    if (this.endsLate) abandoned.unregister(this);
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(failure);
  }
}

/** Whether a body came whole, and is only not what it was read as. */
function isOfContent(name: string, error: unknown): boolean {
  if (name === 'json') return error instanceof SyntaxError;
  return name === 'formData' && classifyFetchError(error) === undefined;
}

function unref(timer: unknown): void {
  const { unref: own } = (timer ?? {}) as { readonly unref?: unknown };
  if (typeof own === 'function') own.call(timer);
}

/** For each kind of Response, the one that its guarded instances inherit from in its place. */
const guardedKinds = new WeakMap<object, object>();
const guardedPrototypes = new WeakSet<object>();

/**
 * Lets the reading methods of this one response tell when they are done. They are put between the response and its prototype:
 * methods of its own would cost six definitions each time.
 */
function hookReaders(response: object): void {
  const kind = Object.getPrototypeOf(response) as object;
  if (guardedPrototypes.has(kind)) return;
  try {
    hookOwn(response);
    Object.setPrototypeOf(response, guardedKindOf(kind));
  } catch {
    // Frozen: then the guard ends with its stream or at the deadline.
  }
}

/** A double may have the methods itself. */
function hookOwn(response: object): void {
  for (const name of READERS) {
    const own = Object.getOwnPropertyDescriptor(response, name);
    if (typeof own?.value !== 'function') continue;
    Object.defineProperty(response, name, { ...own, value: hookOf(name, own.value as Reader) });
  }
}

function guardedKindOf(kind: object): object {
  let guarded = guardedKinds.get(kind);
  if (guarded === undefined) {
    guarded = Object.create(kind) as object;
    for (const name of READERS) {
      const reader: unknown = (kind as Record<string, unknown>)[name];
      if (typeof reader !== 'function') continue;
      const value = hookOf(name, reader as Reader);
      Object.defineProperty(guarded, name, { value, writable: true, configurable: true });
    }
    const { clone } = kind as { readonly clone?: unknown };
    if (typeof clone === 'function') {
      const value = cloneHookOf(clone as Reader);
      Object.defineProperty(guarded, 'clone', { value, writable: true, configurable: true });
    }
    guardedKinds.set(kind, guarded);
    guardedPrototypes.add(guarded);
  }
  return guarded;
}

function hookOf(name: string, reader: Reader): Reader {
  const hook: Reader = function (...args) {
    const guard = Guarded.of(this);
    if (guard === undefined) return reader.apply(this, args);
    const taken = isTaken(this);
    return guard.follow(reader.apply(this, args), taken, name);
  };
  Object.defineProperty(hook, 'name', { value: name });
  return hook;
}

/** A clone reads from the same connection: whichever of them is read to its end has read it to its end for both. */
function cloneHookOf(clone: Reader): Reader {
  const hook: Reader = function (...args) {
    const copy = clone.apply(this, args);
    const guard = Guarded.of(this);
    if (guard === undefined || copy === this || typeof copy !== 'object' || copy === null) {
      return copy;
    }
    if (Guarded.replace(copy, guard)) hookReaders(copy);
    return copy;
  };
  Object.defineProperty(hook, 'name', { value: 'clone' });
  return hook;
}

function isTaken(response: object): boolean {
  const { bodyUsed, body } = response as { bodyUsed?: unknown; body?: { locked?: unknown } | null };
  return bodyUsed === true || body?.locked === true;
}
