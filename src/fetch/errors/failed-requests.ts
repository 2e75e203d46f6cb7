/**
 * fetch follows redirects out of sight, and most errors do not say which request they ended: the caller's, or one that a
 * redirect led to. undici says it on a channel of diagnostics, and only when a request fails: listening costs a call that
 * succeeds nothing.
 */
const CHANNEL = 'undici:request:error';

interface DiagnosticsChannel {
  subscribe(name: string, listener: (message: unknown) => void): void;
}

interface HostProcess {
  getBuiltinModule?(id: string): Partial<DiagnosticsChannel> | undefined;
}

/** What undici tells of a request of its own. */
interface FailedRequest {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
  /** Of undici 8, and not of those before it. */
  readonly onResponseStart?: unknown;
}

/** A request that failed, or was to be sent. */
export interface RequestLine {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
}

/** The requests that one error ended: undici gives all that wait for one connection the same. */
interface Ended {
  readonly origin: string;
  readonly method: string;
  readonly paths: Set<string>;
  /** It ended requests of several methods or origins. */
  mixed: boolean;
  readonly byUndici8: boolean;
}

/** An origin whose host is an address. */
const LITERAL = /^https?:\/\/(?:\[|[\d.]+(?::\d+)?$)/;

const endedBy = new WeakMap<object, Ended>();
let listening = false;

/** Listens from now on. Outside of Node, and to a fetch that is not undici's, there is nothing to hear. */
export function listenToFailedRequests(): void {
  if (listening) return;
  listening = true;
  const host = (globalThis as { process?: HostProcess }).process;
  try {
    host?.getBuiltinModule?.('node:diagnostics_channel')?.subscribe?.(CHANNEL, note);
  } catch {
    // A runtime that has the function, and not the module.
  }
}

/**
 * Whether an error ended this very request, and not another one that a redirect made of it; `undefined` where that was not told. A
 * request of the same method is the same one: a redirect after which a POST's effect may be there (303, and 301 and 302
 * for a POST) goes on with GET, and one that keeps the method asks for the whole request elsewhere.
 */
export function hasEnded(error: object, request: RequestLine): boolean | undefined {
  const ended = endedBy.get(error);
  if (ended === undefined || ended.mixed) return undefined;
  const { origin, method, paths } = ended;
  // undici's own interceptor puts the address in the name's place.
  if (origin !== request.origin && LITERAL.test(origin)) return undefined;
  return origin === request.origin && method === request.method && paths.has(request.path);
}

/**
 * Whether it was undici 8, or a newer one, that ended a request with this error: it says that a GOAWAY came only to requests above the
 * last stream that is served, older ones to any.
 */
export function isOfUndici8(error: object): boolean {
  return endedBy.get(error)?.byUndici8 === true;
}

/** Notes that an error ended a request. */
export function noteFailedRequest(error: unknown, line: RequestLine, byUndici8 = false): void {
  if (typeof error !== 'object' || error === null) return;
  const { origin, path, method } = line;
  const ended = endedBy.get(error);
  if (ended === undefined) {
    endedBy.set(error, { origin, method, paths: new Set([path]), mixed: false, byUndici8 });
    return;
  }
  ended.mixed ||= ended.origin !== origin || ended.method !== method;
  ended.paths.add(path);
}

function note(message: unknown): void {
  const { request, error } = Object(message) as { request?: unknown; error?: unknown };
  const { method, origin, path, onResponseStart } = Object(request) as FailedRequest;
  // undici's own way to a proxy: what it failed for is told beside it.
  if (typeof method !== 'string' || method === 'CONNECT') return;
  const line = lineOf(String(origin), String(path), method);
  if (line !== undefined) noteFailedRequest(error, line, typeof onResponseStart === 'function');
}

/**
 * The parts of a URL by which requests are compared. Not its query, which undici may be given beside it.
 *
 * @param path is the whole URL where a proxy was asked for it.
 */
export function lineOf(origin: string, path: string, method: string): RequestLine | undefined {
  try {
    const url = new URL(path, origin);
    return { origin: url.origin, path: url.pathname, method };
  } catch {
    return undefined;
  }
}
