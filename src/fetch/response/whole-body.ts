import type { BodyGuard } from './body-guard.js';
import type { ReadResult, WebReader } from './body-reading.js';
import { BodyReading } from './body-reading.js';

/** All chunks of a body. */
export interface Bytes {
  readonly chunks: readonly Uint8Array[];
  readonly length: number;
}

/**
 * Reads a guarded body to its end, chunk by chunk: what a Response's own methods do inside, where nobody sees whether anything comes.
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
      // As the platform says it.
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

/** Also of another realm, which tests may run in. */
function isBytes(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true;
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
  );
}

const utf8 = new TextDecoder();

/** As the platform decodes: malformed bytes replaced, a byte order mark left out. */
export function textOf(bytes: Bytes): string {
  return utf8.decode(bytes.chunks.length === 1 ? bytes.chunks[0] : bytesOf(bytes));
}

/** As the platform parses. Whoever waits for it shows in the stack of what is no JSON: not so where a stream has called back. */
export async function jsonOf(text: Promise<string>): Promise<unknown> {
  return JSON.parse(await text);
}

/** All in one, and nobody else's. */
export function bytesOf({ chunks, length }: Bytes): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
