import type { ResponseLike } from '../../fetch/types.js';

/** A response whose body has been read, and can be read again. */
export interface ReadAnswer {
  /** In place of the response that came. */
  readonly response: ResponseLike;
  /** The whole body; `undefined` if it is too long, and was not read to its end. */
  readonly text: string | undefined;
}

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

interface ResponseClass {
  new (body: Body, init: Pick<Response, 'status' | 'statusText' | 'headers'>): Response;
}

/** GraphQL over HTTP's own type, and those before it. Not what comes in parts: `multipart/mixed`, `text/event-stream`. */
const JSON_TYPE = /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** What a constructor of responses cannot be told. */
const HOW_IT_CAME = ['url', 'redirected', 'type'] as const;

/**
 * Reads the body of a response, if it is JSON.
 *
 * @param maxBytes up to how many bytes. What is longer passes on, with what was read.
 * @returns the same response, unread, if it is not JSON, or not of a fetch as the standard describes it.
 * @throws what the body fails with.
 */
export async function readAnswer(response: ResponseLike, maxBytes: number): Promise<ReadAnswer> {
  const unread = { response, text: undefined };
  if (!isStandard(response) || response.bodyUsed || response.body === null) return unread;
  const { headers, status } = response;
  // A fetch lets statuses pass that the constructor of its responses refuses.
  if (status < 200 || status > 599) return unread;
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) return unread;
  if (Number(headers.get('content-length') ?? 0) > maxBytes) return unread;
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const { done, value } = await reader.read();
    if (done) {
      const bytes = joined(chunks, length);
      return { response: copyOf(response, bytes), text: new TextDecoder().decode(bytes) };
    }
    chunks.push(value);
    length += value.byteLength;
  }
  return { response: copyOf(response, resumed(chunks, reader)), text: undefined };
}

function isStandard(response: ResponseLike): response is Response {
  const { body, headers } = Object(response) as Partial<Response>;
  return typeof body?.getReader === 'function' && typeof headers?.get === 'function';
}

function copyOf(response: Response, body: Body): Response {
  const { status, statusText, headers } = response;
  const isGlobal = (response as object) instanceof Response;
  const Own = (isGlobal ? Response : response.constructor) as ResponseClass;
  const copy = new Own(body, { status, statusText, headers });
  for (const name of HOW_IT_CAME) {
    Object.defineProperty(copy, name, { value: response[name], configurable: true });
  }
  return copy;
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** A stream of what was read and of all that follows. */
function resumed(
  chunks: readonly Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  const waiting = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      const first = waiting.shift();
      const { done, value } =
        first === undefined ? await reader.read() : { done: false, value: first };
      if (done) controller.close();
      else if (value !== undefined) controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
