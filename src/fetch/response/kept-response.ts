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

/** The readers that still read ahead, by their response. */
const readers = new WeakMap<object, Reader>();

/**
 * Frees the connection of a response that is kept while a retry waits. The response is the answer if the retry is refused. Up to 64 KiB of its body
 * are read into memory through a clone, and the response can still be read as usual. A longer body holds its connection meanwhile.
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
    // A test double may return something that cannot be cloned. It holds its connection.
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
    // The connection broke. Whoever reads the response will see that.
    readers.delete(response);
  }
}

/** Stops reading ahead: the response goes to the caller, or is discarded. */
export function letGo(response: unknown): void {
  const reader = readers.get(Object(response));
  if (reader === undefined) return;
  readers.delete(response as object);
  // This stays pending until the response itself is done, too.
  reader.cancel().then(ignore, ignore);
}

function ignore(): void {}
