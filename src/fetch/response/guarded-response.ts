import { isBroken } from '../errors/classify-error.js';
import type { ResponseLike } from '../types.js';
import type { Abortable, BodyBounds } from './body-guard.js';
import { BodyGuard } from './body-guard.js';
import { hookedPrototypes, hookInstance } from './hooked-prototypes.js';
import { PrivateFieldsOn } from './private-fields.js';
import { isNodeStream, watchNodeStream } from './watched-node-stream.js';
import { isWebStream, openReader, watchStream } from './watched-stream.js';
import type { Bytes } from './whole-body.js';
import { bytesOf, jsonOf, readWhole, textOf } from './whole-body.js';

/** The methods of a Response that read its body to the end. */
const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

type ReaderName = (typeof READERS)[number];
type Method = (this: object, ...args: unknown[]) => unknown;
type Descriptors = Partial<Record<string, PropertyDescriptor>>;

/**
 * Keeps the bounds of a call in force while its Response is read, by any of its methods or its stream. If the Response
 * cannot be hooked (a frozen one, a test double with its own methods), the caller's signal and the time for the whole body still
 * hold.
 *
 * @param controller nothing else may be reachable from it, or the response stays in memory.
 */
export function guardResponse(
  response: ResponseLike,
  controller: Abortable,
  bounds: BodyBounds,
): void {
  const { body, bodyUsed } = response as ResponseLike & { readonly bodyUsed?: unknown };
  if (typeof body !== 'object' || body === null || bodyUsed === true) {
    bounds.onEnd?.(undefined);
    return;
  }
  const guard = new BodyGuard(controller, bounds);
  const { signal } = bounds;
  guard.endWith(body);
  if (Guarded.replace(response, guard)) hook(response, body, guard);
  if (signal?.aborted === true) guard.onAbort(signal.reason);
}

/** A Response's guard, as a private field on the Response. Nobody sees it, and it is cheaper than an entry in a WeakMap. */
class Guarded extends PrivateFieldsOn {
  #guard: BodyGuard;

  private constructor(response: object, guard: BodyGuard) {
    super(response);
    this.#guard = guard;
  }

  static of(response: object): BodyGuard | undefined {
    // A method that was taken off its Response has no guard. The platform reports that.
    return Object(response) === response && #guard in response ? response.#guard : undefined;
  }

  /** Returns whether it is the Response's first guard. */
  static replace(response: object, guard: BodyGuard): boolean {
    if (#guard in response) {
      // A test double of fetch may return the same Response twice: the later call decides.
      response.#guard.end(undefined);
      response.#guard = guard;
      return false;
    }
    new Guarded(response, guard);
    return true;
  }
}

function hook(response: object, body: unknown, guard: BodyGuard): void {
  // The platform's Responses have no methods of their own. A test double may have them.
  const own = Object.keys(response);
  if (own.length > 0) hookOwn(response);
  const hooked = hookInstance(response, responseKinds);
  if (isNodeStream(body)) watchNodeStream(body, guard);
  // Nothing will tell when its stream is used.
  else if ((!hooked || own.includes('body')) && isWebStream(body)) watchStream(body, guard);
}

function hookOwn(response: object): void {
  try {
    for (const name of READERS) {
      const own = Object.getOwnPropertyDescriptor(response, name);
      if (typeof own?.value !== 'function') continue;
      const value = follower(name, own.value as Method);
      Object.defineProperty(response, name, { ...own, value });
    }
  } catch {
    // Frozen.
  }
}

const responseKinds = hookedPrototypes((kind) => {
  const getBody = ownerOf(kind, 'body');
  const methods: Descriptors = {};
  for (const name of READERS) {
    const native: unknown = kind[name];
    if (typeof native !== 'function') continue;
    // A subclass's own method may do more than read.
    const isPlatforms =
      getBody !== undefined && Object.hasOwn(getBody.owner, name) && getBody.owner[name] === native;
    const value = isPlatforms
      ? readerOf(name, native as Method, getBody.get)
      : follower(name, native as Method);
    methods[name] = { value, writable: true, configurable: true };
  }
  const { clone } = kind;
  if (typeof clone === 'function') {
    methods['clone'] = { value: cloner(clone as Method), writable: true, configurable: true };
  }
  if (getBody !== undefined) {
    const get = watchingGetter(getBody.get);
    methods['body'] = { get, configurable: true };
  }
  return Object.defineProperties({}, methods as PropertyDescriptorMap);
});

interface Owner {
  readonly owner: Readonly<Record<string, unknown>>;
  readonly get: () => unknown;
}

/** The prototype that has the getter. */
function ownerOf(kind: object, name: string): Owner | undefined {
  for (let each = kind; each !== null; each = Object.getPrototypeOf(each) as object) {
    const get = Object.getOwnPropertyDescriptor(each, name)?.get;
    if (get !== undefined) return { owner: each as Owner['owner'], get };
  }
  return undefined;
}

function watchingGetter(get: () => unknown): () => unknown {
  return function body(this: object) {
    const stream = get.call(this);
    const guard = Guarded.of(this);
    if (guard !== undefined && isWebStream(stream)) watchStream(stream, guard);
    return stream;
  };
}

/** Replaces a method that reads the body: reads it step by step. */
function readerOf(name: ReaderName, native: Method, getBody: () => unknown): Method {
  const followed = follower(name, native, getBody);
  const method: Method = function (...args) {
    const guard = Guarded.of(this);
    const body = guard === undefined ? undefined : getBody.call(this);
    // The platform refuses a body that cannot be read (any more).
    if (guard === undefined || !isWebStream(body) || isTaken(this, body)) {
      return followed.apply(this, args);
    }
    if (name === 'json') return jsonOf(readWhole(openReader(body), guard, textOf));
    return readWhole(openReader(body), guard, decoderOf(name, this));
  };
  return named(method, name);
}

function decoderOf(name: Exclude<ReaderName, 'json'>, response: object): (bytes: Bytes) => unknown {
  switch (name) {
    case 'text':
      return textOf;
    case 'bytes':
      return bytesOf;
    case 'arrayBuffer':
      return bufferOf;
    default:
      // Both depend on the content type: leave them to the implementation.
      return (bytes) => likeOf(response, bytesOf(bytes))[name]();
  }
}

function bufferOf(bytes: Bytes): ArrayBuffer {
  return bytesOf(bytes).buffer;
}

interface Readable {
  blob(): unknown;
  formData(): unknown;
}

function likeOf(response: object, bytes: Uint8Array<ArrayBuffer>): Readable {
  const { headers } = response as Response;
  const Kind = response.constructor as typeof Response;
  const type = headers.get('content-type');
  return new Kind(bytes, type === null ? {} : { headers: { 'content-type': type } });
}

/** Wraps a method that reads the body inside, to learn how the reading ended. */
function follower(name: ReaderName, native: Method, getBody?: () => unknown): Method {
  const method: Method = function (...args) {
    const guard = Guarded.of(this);
    if (guard === undefined) return native.apply(this, args);
    // This read will fail, and does not end the other one.
    const taken = isTaken(this, getBody?.call(this) ?? (this as ResponseLike).body);
    return follow(native.apply(this, args), guard, taken);
  };
  return named(method, name);
}

async function follow(read: unknown, guard: BodyGuard, taken: boolean): Promise<unknown> {
  if (!taken) guard.joinUnseen();
  try {
    const value = await read;
    if (!taken) guard.end(undefined);
    return value;
  } catch (error) {
    // The method does not say whether the reading failed, or the content was wrong.
    throw taken || !isBroken(error) ? guard.reasonOf(error) : guard.failed(error);
  } finally {
    if (!taken) guard.partUnseen();
  }
}

/** A clone reads from the same connection. When one of them is read to its end, it is for both. */
function cloner(native: Method): Method {
  const method: Method = function (...args) {
    const guard = Guarded.of(this);
    const before = guard?.splits;
    const copy = native.apply(this, args);
    if (guard === undefined || copy === this || typeof copy !== 'object' || copy === null) {
      return copy;
    }
    if (Guarded.replace(copy, guard)) {
      // Unless its stream has already told it.
      if (guard.splits === before) guard.branches++;
      hook(copy, (copy as ResponseLike).body, guard);
    }
    return copy;
  };
  return named(method, 'clone');
}

function named(method: Method, name: string): Method {
  Object.defineProperty(method, 'name', { value: name });
  return method;
}

function isTaken(response: object, body: unknown): boolean {
  const { bodyUsed } = response as { bodyUsed?: unknown };
  return bodyUsed === true || (body as { locked?: unknown } | null)?.locked === true;
}
