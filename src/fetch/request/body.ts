import { ContractError } from '../../errors.js';

/**
 * How a body can be sent again.
 *
 * - `none`: there is no body
 * - `constant`: it cannot change: a string, a Blob, a File
 * - `kept`: it can change, so every attempt sends a copy of what it is at the call: buffers and views, URLSearchParams, FormData
 * - `made`: a function makes a new one for each attempt
 * - `once`: a stream or an iterator. Reading uses it up, so one attempt sends it, and no other
 */
export type BodyKind = 'none' | 'constant' | 'kept' | 'made' | 'once';

/** A function that makes the body of one attempt. It may be async. */
export type BodyFactory<B = unknown> = () => B | PromiseLike<B>;

interface MaybeStream {
  readonly getReader?: unknown;
  readonly pipe?: unknown;
  readonly on?: (event: 'error', listener: () => void) => unknown;
  readonly destroyed?: unknown;
  readonly errored?: unknown;
  readonly readableEnded?: unknown;
  readonly next?: unknown;
  readonly [Symbol.asyncIterator]?: unknown;
  readonly [Symbol.iterator]?: unknown;
}

interface FormDataLike {
  readonly constructor: new () => FormDataLike;
  append(name: string, value: unknown): void;
  getAll(name: string): unknown;
  entries(): Iterable<[string, unknown]>;
}

/** The kind that a value itself claims. Its class does not help: every implementation of fetch has its own classes. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isFormData(body: object): body is FormDataLike {
  // The body of the package `form-data` has the same tag, but is a stream.
  return tagOf(body) === 'FormData' && isFunction((body as Partial<FormDataLike>).getAll);
}

function isOnce(body: MaybeStream): boolean {
  return (
    isFunction(body.getReader) ||
    isFunction(body.pipe) ||
    isFunction(body.next) ||
    isFunction(body[Symbol.asyncIterator]) ||
    isFunction(body[Symbol.iterator])
  );
}

/** How this body, as fetch takes it, can be sent again. */
export function bodyKind(body: unknown): BodyKind {
  if (body === null || body === undefined) return 'none';
  if (typeof body === 'function') return 'made';
  if (typeof body !== 'object') return 'constant';
  if (ArrayBuffer.isView(body)) return 'kept';
  switch (tagOf(body)) {
    case 'ArrayBuffer':
    case 'URLSearchParams':
      return 'kept';
    case 'Blob':
    case 'File':
      return 'constant';
  }
  if (isFormData(body)) return 'kept';
  // An iterable may start afresh each time. But a stream is iterable too, and nothing on the outside tells which it is.
  return isOnce(body) && !Array.isArray(body) && !(body instanceof String) ? 'once' : 'constant';
}

/** Whether a second attempt can send this body, whole. */
export function canSendAgain(body: unknown): boolean {
  return bodyKind(body) !== 'once';
}

/**
 * The body to keep for the attempts of a call. fetch copies its body when it is called, so a caller
 * may reuse its buffer from then on. An attempt that comes later, after a queue or a backoff, must not
 * send the new content. Blobs cannot change: they save the copy for large bodies.
 */
export function keepBody(body: unknown): unknown {
  if (bodyKind(body) !== 'kept') return body;
  const object = body as object;
  if (ArrayBuffer.isView(object)) return isShared(object.buffer) ? object : copyOfView(object);
  if (isFormData(object)) return copyOfForm(object);
  if (object instanceof ArrayBuffer || tagOf(object) === 'ArrayBuffer') {
    return (object as ArrayBuffer).slice(0);
  }
  return new URLSearchParams(String(object));
}

/** fetch refuses memory that other threads can change. A copy would hide that. */
function isShared(buffer: ArrayBufferLike): boolean {
  return tagOf(buffer) === 'SharedArrayBuffer';
}

function copyOfView(view: ArrayBufferView): Uint8Array {
  // Not `view.slice()`: that of a Buffer shares its memory.
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

function copyOfForm(form: FormDataLike): FormDataLike {
  const copy = new form.constructor();
  for (const [name, value] of form.entries()) copy.append(name, value);
  return copy;
}

/** Streams and iterators that an attempt has been given. A second attempt would get nothing, or the rest. */
const spent = new WeakSet<object>();

/**
 * The body for the next attempt, from the result of {@link keepBody}.
 *
 * @returns a promise only when a function makes the body and is async.
 * @throws ContractError when any call has sent this stream or iterator before, or when a function makes no body,
 * or the same stream twice. (undici would send an exhausted iterator as an empty body.)
 */
export function bodyForAttempt(kept: unknown): unknown {
  if (typeof kept !== 'function') return claim(kept, 'body');
  const made: unknown = (kept as BodyFactory)();
  if (isPromiseLike(made)) return Promise.resolve(made).then(fresh);
  return fresh(made);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && isFunction(value.then);
}

function fresh(made: unknown): unknown {
  const kind = bodyKind(made);
  if (kind === 'none' || kind === 'made') {
    throw new ContractError(
      `body: the function has to return a body, not ${made === null ? 'null' : typeof made}`,
    );
  }
  return claim(made, 'body()');
}

function claim(body: unknown, path: string): unknown {
  if (bodyKind(body) !== 'once') return body;
  const stream = body as object;
  if (spent.has(stream)) {
    throw new ContractError(
      `${path}: this ${tagOf(stream)} has been sent before and can be read only once; pass a function that makes a new one for each attempt`,
    );
  }
  spent.add(stream);
  return body;
}

/** Whether fetch needs `duplex: 'half'` with this body: a stream, whose end fetch does not know. */
export function needsDuplex(body: unknown): boolean {
  return bodyKind(body) === 'once';
}

/**
 * From now on the error of a stream of Node is one of its call. If it came before fetch reads the stream, it would end the process otherwise.
 *
 * @returns whether fetch can still read the body. If not, it says that the body is locked, and not why.
 */
export function holdBody(body: unknown): () => boolean {
  const stream = Object(body) as MaybeStream;
  if (isFunction(stream.pipe)) stream.on?.('error', () => {});
  return () => stream.destroyed !== true || stream.readableEnded === true;
}

/**
 * Whether a request failed because its body did. The body is a request that came to this service and is passed on, and its client went away.
 * Node reports that with the code of a broken connection. For other errors of a stream nobody can tell where they began: undici also destroys a
 * body with the error of its connection.
 */
export function isClientGone(error: unknown, body: unknown): boolean {
  const { errored } = Object(body) as { readonly errored?: unknown };
  const { code, message } = Object(errored) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  if (code !== 'ECONNRESET' || message !== 'aborted') return false;
  return error === errored || (Object(error) as { readonly cause?: unknown }).cause === errored;
}
