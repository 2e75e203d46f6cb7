/** The body of a response, read within a limit. */

import { hideQuotes } from './quoting-errors.js';

/** What is wrong with a body that cannot be read, though the connection was fine. */
export class BodyFault extends Error {}

/** The part of a response that is needed here. */
export interface AnswerLike {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body?: unknown;
  arrayBuffer?(): PromiseLike<ArrayBuffer>;
}

interface WebStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel(reason?: unknown): Promise<unknown>;
  };
}

/**
 * Reads a body, at most `most` bytes of it after decompression. It never holds more than that and one chunk.
 *
 * @throws BodyFault if it is larger, and whatever the connection fails with.
 */
export async function readBytes(response: AnswerLike, most: number): Promise<Uint8Array> {
  try {
    return await readAll(response, most);
  } catch (error) {
    throw hideQuotes(error);
  }
}

async function readAll(response: AnswerLike, most: number): Promise<Uint8Array> {
  const { headers } = response;
  const announced = Number(headers.get('content-length') ?? Number.NaN);
  if (announced > most && headers.get('content-encoding') === null) throw tooLarge(most);
  // Asked once: the getter watches the stream.
  const { body } = response;
  if (isWebStream(body)) return readStream(body, most);
  if (isIterable(body)) return readIterable(body, most);
  if (body !== undefined || response.arrayBuffer === undefined) return new Uint8Array();
  // A test double without a stream.
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > most) throw tooLarge(most);
  return bytes;
}

async function readStream(body: WebStream, most: number): Promise<Uint8Array> {
  const reader = body.getReader();
  const chunks = new Chunks(most);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks.joined();
    if (chunks.add(value)) continue;
    // Closes the connection, because nobody reads the rest.
    reader.cancel().catch(() => {});
    throw tooLarge(most);
  }
}

async function readIterable(body: AsyncIterable<unknown>, most: number): Promise<Uint8Array> {
  const chunks = new Chunks(most);
  // To leave the loop destroys a Node stream.
  for await (const value of body) if (!chunks.add(value)) throw tooLarge(most);
  return chunks.joined();
}

class Chunks {
  readonly #most: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** `false` if that is more than allowed. */
  add(value: unknown): boolean {
    if (!ArrayBuffer.isView(value)) throw new TypeError('Received non-Uint8Array chunk');
    this.#length += value.byteLength;
    this.#chunks.push(value as Uint8Array);
    return this.#length <= this.#most;
  }

  joined(): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

function tooLarge(most: number): BodyFault {
  return new BodyFault(`is larger than ${most} bytes (maxResponseBytes)`);
}

function isWebStream(body: unknown): body is WebStream {
  return typeof (Object(body) as { getReader?: unknown }).getReader === 'function';
}

function isIterable(body: unknown): body is AsyncIterable<unknown> {
  return (
    typeof (Object(body) as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
  );
}

/** @throws BodyFault when the bytes are not in the character set that the content type names; UTF-8 if it names none. */
export function textOf(bytes: Uint8Array, type: string | null, isJson: boolean): string {
  const named = isJson ? undefined : /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(type ?? '')?.[1];
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(named ?? 'utf-8', { fatal: true });
  } catch {
    throw new BodyFault('has a character set that is not known here');
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BodyFault(named === undefined ? 'is not UTF-8' : 'is not in its character set');
  }
}

/** @throws BodyFault when it is no JSON. The platform's error would quote it. */
export function jsonOf(bytes: Uint8Array, type: string | null): unknown {
  const text = textOf(bytes, type, true);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BodyFault(`is no JSON (${bytes.length} bytes)`);
  }
}

const JSON_TYPE = /^\s*(?:application|text)\/(?:json|[\w.!#$&^-]+\+json)\s*(?:;|$)/i;
const SHOWN_TYPE = /^\s*([a-z]+\/[a-z0-9.+-]{1,60})\s*(?:;|$)/i;
/** Types that show what the answer is, which is never JSON. Others are not quoted, as a header may hold anything. */
const COMMON_TYPES: ReadonlySet<string> = new Set(
  (
    'text/html text/plain text/xml text/csv text/event-stream application/xml application/xhtml+xml application/octet-stream application/pdf ' +
    'application/x-www-form-urlencoded application/x-ndjson application/grpc application/x-protobuf application/javascript image/png image/jpeg'
  ).split(' '),
);

/** @throws BodyFault when the content type says that it is something other than JSON. */
export function assertJsonType(type: string | null): void {
  if (type === null || JSON_TYPE.test(type)) return;
  const shown = SHOWN_TYPE.exec(type)?.[1]?.toLowerCase() ?? '';
  const named = COMMON_TYPES.has(shown) ? shown : 'another type';
  throw new BodyFault(
    `is ${named} by its content-type, not JSON (as: 'json' reads it all the same)`,
  );
}
