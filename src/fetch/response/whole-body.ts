import type { BodyGuard } from './body-guard.js';
import type { ReadResult, WebReader } from './body-reading.js';
import { BodyReading } from './body-reading.js';

/** All chunks of a body. */
export interface Bytes {
  readonly chunks: readonly Uint8Array[];
  readonly length: number;
}

/**
 * Reads a guarded body to its end, chunk by chunk. A Response's own methods do that inside, where nobody sees whether anything comes.
 */
export function readWhole<T>(
  reader: WebReader,
  guard: BodyGuard,
  decode: (bytes: Bytes) => T,
): Promise<Awaited<T>> {
  return new Promise((resolve, reject) => {
    new WholeBody(reader, guard, decode, resolve as (value: T) => void, reject).start();
  });
}

class WholeBody<T> extends BodyReading {
  readonly #reader: WebReader;
  readonly #decode: (bytes: Bytes) => T;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #failed = false;
  readonly #onRead = (result: ReadResult): void => this.#take(result);
  readonly #onError = (error: unknown): void => this.#fail(error);

  constructor(
    reader: WebReader,
    guard: BodyGuard,
    decode: (bytes: Bytes) => T,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    super(guard);
    this.#reader = reader;
    this.#decode = decode;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    this.wait();
    this.#read();
  }

  protected override stop(reason: unknown): void {
    this.#fail(undefined);
    this.cancel(this.#reader, reason);
  }

  #read(): void {
    this.#reader.read().then(this.#onRead, this.#onError);
  }

  #take({ done, value }: ReadResult): void {
    const { guard } = this;
    if (guard.brokenOff) {
      this.#fail(undefined);
    } else if (done) {
      this.settle();
      guard.end(undefined);
      this.#deliver();
    } else if (isBytes(value)) {
      this.moved();
      this.#chunks.push(value);
      this.#length += value.length;
      this.#read();
    } else {
      // The platform's own words.
      this.#fail(new TypeError('Received non-Uint8Array chunk'));
    }
  }

  #deliver(): void {
    try {
      this.#resolve(this.#decode({ chunks: this.#chunks, length: this.#length }));
    } catch (error) {
      this.#reject(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.settle();
    this.#reject(this.guard.failed(error));
  }
}

/** True for arrays of another realm too, since tests may run in one. */
function isBytes(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true;
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
  );
}

const utf8 = new TextDecoder();

/** Decodes as the platform does: malformed bytes are replaced, a byte order mark is left out. */
export function textOf(bytes: Bytes): string {
  return utf8.decode(bytes.chunks.length === 1 ? bytes.chunks[0] : bytesOf(bytes));
}

/** Parses as the platform does. It is awaited, so that the stack of a syntax error shows the caller. A stream's callback would not. */
export async function jsonOf(text: Promise<string>): Promise<unknown> {
  return JSON.parse(await text);
}

/** All chunks in one new array. */
export function bytesOf({ chunks, length }: Bytes): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
