import type { BodyGuard } from './body-guard.js';
import type { ReadResult, WebReader } from './body-reading.js';
import { BodyReading } from './body-reading.js';
import { inheritFrom, kindsOf } from './kinds.js';

/** A web stream, as far as watching it goes. */
export interface WebStream {
  readonly locked: boolean;
  getReader(options?: object): WebReader & { releaseLock(): void };
  cancel(reason?: unknown): PromiseLike<unknown>;
}

type Method = (this: object, ...args: unknown[]) => unknown;

/** What the methods of one kind of stream become. */
type Kind = Readonly<Record<PropertyKey, unknown>>;

const guards = new WeakMap<object, BodyGuard>();
const readings = new WeakMap<object, StreamReading>();

export function isWebStream(body: unknown): body is WebStream {
  if (typeof body !== 'object' || body === null) return false;
  const { getReader, cancel } = body as Partial<WebStream>;
  return typeof getReader === 'function' && typeof cancel === 'function';
}

/**
 * Has a body's stream tell its guard when somebody waits for a chunk of it. It stays the same object, with the same lock and the
 * same readers, byte readers included: only its methods are others. What the platform does with it inside, without
 * calling its methods, is not seen.
 */
export function watchStream(stream: WebStream, guard: BodyGuard): void {
  if (!guards.has(stream) && !inheritFrom(stream, streamKinds)) return;
  guards.set(stream, guard);
}

/** A reader that is somebody's own. */
class StreamReading extends BodyReading {
  readonly #reader: WebReader;
  readonly #cancel: Method;
  /** Cancelled or let go of: how what he still waits for ends says nothing of the body. */
  released = false;
  readonly #onRead = (result: ReadResult): ReadResult => this.#took(result);
  readonly #onError = (error: unknown): never => this.#failed(error);

  constructor(reader: WebReader, guard: BodyGuard, cancel: Method) {
    super(guard);
    this.#reader = reader;
    this.#cancel = cancel;
  }

  follow(read: PromiseLike<ReadResult>): PromiseLike<ReadResult> {
    this.wait();
    return read.then(this.#onRead, this.#onError);
  }

  protected override stop(reason: unknown): PromiseLike<unknown> {
    return this.#cancel.call(this.#reader, reason) as PromiseLike<unknown>;
  }

  #took(result: ReadResult): ReadResult {
    const { guard } = this;
    this.settle();
    if (guard.brokenOff) throw guard.failed();
    if (result.done && !this.released) guard.end(undefined);
    return result;
  }

  #failed(error: unknown): never {
    this.settle();
    throw this.released || isMistake(error) ? this.guard.reasonOf(error) : this.guard.failed(error);
  }
}

/** What was asked for cannot be: that is no end of the body. */
function isMistake(error: unknown): boolean {
  const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && code.startsWith('ERR_INVALID_');
}

const streamKinds = kindsOf((kind) => {
  const getReader = methodOf(kind, 'getReader');
  return {
    getReader(this: WebStream, ...args: unknown[]) {
      const reader = getReader?.apply(this, args) as WebReader;
      const guard = guards.get(this);
      if (guard !== undefined && inheritFrom(reader, readerKinds)) {
        const cancel = methodOf(Object.getPrototypeOf(Object.getPrototypeOf(reader)), 'cancel');
        readings.set(reader, new StreamReading(reader, guard, cancel as Method));
      }
      return reader;
    },
    cancel(this: WebStream, ...args: unknown[]) {
      const { locked } = this;
      const done = methodOf(kind, 'cancel')?.apply(this, args);
      if (!locked) guards.get(this)?.cancelled();
      return done;
    },
    tee(this: WebStream, ...args: unknown[]) {
      const branches = methodOf(kind, 'tee')?.apply(this, args) as WebStream[];
      const guard = guards.get(this);
      if (guard === undefined) return branches;
      guard.branches++;
      for (const branch of branches) watchStream(branch, guard);
      return branches;
    },
    pipeTo(this: WebStream, to: unknown, options?: object) {
      // The platform says what is wrong.
      if (this.locked || !guards.has(this))
        return methodOf(kind, 'pipeTo')?.call(this, to, options);
      const reader = this.getReader();
      const release = (): void => reader.releaseLock();
      const relay = relayOf(reader) as unknown as { pipeTo(...args: unknown[]): Promise<void> };
      return relay.pipeTo(to, options).finally(release);
    },
    pipeThrough(this: WebStream, pair: { writable: unknown; readable: unknown }, options?: object) {
      const native = methodOf(kind, 'pipeThrough');
      if (this.locked || !guards.has(this)) return native?.call(this, pair, options);
      const reader = this.getReader();
      const relay = relayOf(reader) as unknown as { pipeThrough(...args: unknown[]): unknown };
      return relay.pipeThrough(pair, options);
    },
    values(this: WebStream, options?: { readonly preventCancel?: boolean }) {
      return iterate(this.getReader(), options?.preventCancel === true);
    },
    [Symbol.asyncIterator](this: WebStream, options?: { readonly preventCancel?: boolean }) {
      return iterate(this.getReader(), options?.preventCancel === true);
    },
  };
});

const readerKinds = kindsOf((kind) => ({
  read(this: WebReader, ...args: unknown[]) {
    const read = methodOf(kind, 'read')?.apply(this, args) as PromiseLike<ReadResult>;
    return readings.get(this)?.follow(read) ?? read;
  },
  cancel(this: WebReader, ...args: unknown[]) {
    const reading = readings.get(this);
    if (reading !== undefined && !reading.released) {
      reading.released = true;
      reading.guard.cancelled();
    }
    return methodOf(kind, 'cancel')?.apply(this, args);
  },
  releaseLock(this: WebReader, ...args: unknown[]) {
    const reading = readings.get(this);
    if (reading !== undefined) reading.released = true;
    return methodOf(kind, 'releaseLock')?.apply(this, args);
  },
}));

function methodOf(kind: Kind, name: PropertyKey): Method | undefined {
  const method = kind[name];
  return typeof method === 'function' ? (method as Method) : undefined;
}

/** A stream of what the reader reads, that asks for a chunk only when somebody wants it: for what the platform does inside. */
function relayOf(reader: WebReader): ReadableStream<unknown> {
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async (reason) => {
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* iterate(
  reader: WebReader & { releaseLock(): void },
  preventCancel: boolean,
): AsyncGenerator<unknown, void> {
  let ended = false;
  try {
    for (;;) {
      // Reset at each step: what breaks off between two of them is the one who reads.
      ended = true;
      const { done, value } = await reader.read();
      if (done) return;
      ended = false;
      yield value;
    }
  } finally {
    if (!ended && !preventCancel) await reader.cancel();
    reader.releaseLock();
  }
}
