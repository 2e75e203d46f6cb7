import { readHeader } from '../request/headers.js';
import { parseAmount } from '../retry/rate-limit-headers.js';
import type { ResponseLike } from '../types.js';
import { DRAIN_LIMIT_BYTES } from './discard.js';

/** The part of a clone's body that reading ahead needs. */
interface Reader {
  read(): PromiseLike<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(reason?: unknown): PromiseLike<unknown>;
}

interface Clonable extends ResponseLike {
  readonly bodyUsed?: boolean;
  clone(): { readonly body?: { getReader(): Reader } | null };
}

/** What still reads ahead, by the response that it reads for. */
const readers = new WeakMap<object, Reader>();

/**
 * Frees the connection of a response that is kept while a retry waits, as the answer if that is refused: up to 64 KiB of its body are
 * read into memory, by way of a clone, and the response can be read as ever. A longer body holds its connection until then.
 */
export function keepResponse(response: unknown): void {
  try {
    const { bodyUsed, body, headers } = response as Clonable;
    if (bodyUsed === true || typeof (body as { getReader?: unknown })?.getReader !== 'function')
      return;
    const declared = parseAmount(readHeader(headers, 'content-length'));
    if (declared !== undefined && declared > DRAIN_LIMIT_BYTES) return;
    const reader = (response as Clonable).clone().body?.getReader();
    if (reader === undefined) return;
    readers.set(response as object, reader);
    void readAhead(response as object, reader);
  } catch {
    // A double of fetch may answer what cannot be cloned: then it holds its connection.
  }
}

async function readAhead(response: object, reader: Reader): Promise<void> {
  try {
    for (let bytes = 0; bytes <= DRAIN_LIMIT_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) {
        readers.delete(response);
        return;
      }
      const { byteLength = 0 } = (value ?? {}) as { readonly byteLength?: number };
      bytes += byteLength;
    }
    letGo(response);
  } catch {
    // The connection broke: whoever reads the response will see it.
    readers.delete(response);
  }
}

/** Nothing is read ahead any more: the response is given to whoever called, or discarded. */
export function letGo(response: unknown): void {
  const reader = readers.get(Object(response));
  if (reader === undefined) return;
  readers.delete(response as object);
  // It stays pending until the response itself is done with, too.
  reader.cancel().then(ignore, ignore);
}

function ignore(): void {}
