import { hasMethods } from '../types.js';
import type { BodyGuard } from './body-guard.js';
import type { ReadResult, WebReader } from './body-reading.js';
import { BodyReading } from './body-reading.js';
import { hookedPrototypes, hookInstance } from './hooked-prototypes.js';

/** The part of a web stream that watching needs. */
export interface WebStream {
  readonly locked: boolean;
  getReader(options?: object): WebReader & { releaseLock(): void };
  cancel(reason?: unknown): PromiseLike<unknown>;
}

type Method = (this: object, ...args: unknown[]) => unknown;

const guards = new WeakMap<object, BodyGuard>();
const relays = new WeakMap<object, Relay>();
/** The branches of relays. Their waiting is already seen. */
const seen = new WeakSet<object>();

export function isWebStream(body: unknown): body is WebStream {
  return hasMethods(body, 'getReader', 'cancel');
}

/**
 * Makes a body's stream tell its guard when somebody waits for a chunk. The stream stays the same object. Its
 * methods act on a relay instead. The relay is made at the first use, and asks the stream for a chunk only when somebody wants one. So it does not
 * matter how the platform's own adapters read what a method returns.
 */
export function watchStream(stream: WebStream, guard: BodyGuard): void {
  if (seen.has(stream)) return;
  if (!guards.has(stream) && !hookInstance(stream, streamKinds)) return;
  guards.set(stream, guard);
}

/** A reader for a stream that itself tells when it waits. */
export function openReader(stream: WebStream): WebReader {
  if (!guards.has(stream) || relays.has(stream)) return stream.getReader();
  const native = Object.getPrototypeOf(Object.getPrototypeOf(stream)) as WebStream;
  return native.getReader.call(stream);
}

type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

/** A stream that is read through another one, and its reader. */
class Relay extends BodyReading {
  readonly stream: WebStream;
  readonly #open: () => WebReader;
  #reader: WebReader | undefined;
  #controller: Controller | undefined;
  readonly #onRead = (result: ReadResult): void | PromiseLike<void> => this.#pass(result);
  readonly #onError = (error: unknown): void => this.#fail(error);
  #failed = false;

  /** @param native the stream's own methods. */
  constructor(source: WebStream, native: WebStream, guard: BodyGuard) {
    super(guard);
    this.#open = () => native.getReader.call(source) as WebReader;
    const Kind = source.constructor as typeof ReadableStream;
    const type = readsBytes(source, native) ? 'bytes' : undefined;
    const from = {
      type,
      pull: (controller: Controller) => this.#pull(controller),
      cancel: (reason: unknown) => this.#cancel(reason),
    };
    this.stream = new Kind(from as never, { highWaterMark: 0 }) as unknown as WebStream;
  }

  override onDeadline(): void {
    // The reader has released the stream. Nobody reads until somebody takes it again.
    if (this.stream.locked) super.onDeadline();
    else this.doze();
  }

  protected override stop(reason: unknown): void {
    this.#fail(undefined);
    this.cancel(this.#reader as WebReader, reason);
  }

  #pull(controller: Controller): PromiseLike<void> {
    this.#controller = controller;
    this.#reader ??= this.#open();
    this.wait();
    return this.#reader.read().then(this.#onRead, this.#onError);
  }

  #pass({ done, value }: ReadResult): void | PromiseLike<void> {
    const { guard } = this;
    if (guard.brokenOff) {
      this.#fail(undefined);
      return;
    }
    const controller = this.#controller as Controller;
    this.settle();
    if (done) {
      guard.end(undefined);
      controller.close();
      // A byte reader's view has to be given back.
      if ('byobRequest' in controller) controller.byobRequest?.respond(0);
    } else if ('byobRequest' in controller && (value as Uint8Array).byteLength === 0) {
      return this.#pull(controller);
    } else {
      controller.enqueue(value as never);
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.settle();
    this.#controller?.error(this.guard.failed(error));
  }

  #cancel(reason: unknown): PromiseLike<unknown> {
    this.guard.cancelled();
    this.#reader ??= this.#open();
    return this.#reader.cancel(reason);
  }
}

function readsBytes(source: WebStream, native: WebStream): boolean {
  try {
    native.getReader.call(source, { mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** The relay that a stream's methods act on; `undefined` for the stream itself. */
function relayOf(stream: WebStream, native: WebStream): WebStream | undefined {
  const known = relays.get(stream);
  if (known !== undefined) {
    known.wake();
    return known.stream;
  }
  const guard = guards.get(stream);
  // A stream that is locked otherwise cannot be relayed. The platform says what is wrong.
  if (guard === undefined || Reflect.get(native, 'locked', stream) === true) return undefined;
  try {
    const relay = new Relay(stream, native, guard);
    relays.set(stream, relay);
    return relay.stream;
  } catch {
    // The relay cannot be made for this test double: it is read unseen.
    return undefined;
  }
}

const streamKinds = hookedPrototypes((kind) => {
  const native = kind as unknown as WebStream;
  const relayed = (name: PropertyKey): Method =>
    function (...args) {
      const relay = relayOf(this as WebStream, native);
      const method = (relay ?? native)[name as 'cancel'] as Method;
      return method.apply(relay ?? this, args);
    };
  return {
    get locked() {
      return relays.get(this)?.stream.locked ?? (Reflect.get(native, 'locked', this) as boolean);
    },
    getReader: relayed('getReader'),
    cancel: relayed('cancel'),
    pipeTo: relayed('pipeTo'),
    pipeThrough: relayed('pipeThrough'),
    values: relayed('values'),
    [Symbol.asyncIterator]: relayed(Symbol.asyncIterator),
    tee(this: WebStream) {
      const branches = relayed('tee').call(this) as WebStream[];
      if (!relays.has(this)) return branches;
      const guard = guards.get(this);
      if (guard !== undefined) guard.splits++;
      for (const branch of branches) seen.add(branch);
      return branches;
    },
  };
});
