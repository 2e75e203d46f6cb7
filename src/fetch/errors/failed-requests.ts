/**
 * fetch follows redirects out of sight. Most errors do not say which request they ended: the caller's, or one that a
 * redirect led to. undici says it on a diagnostics channel when a request fails. Listening costs a successful call
 * nothing.
 */
import { builtinModule } from '../../host.js';

const CHANNEL = 'undici:request:error';

interface DiagnosticsChannel {
  subscribe(name: string, listener: (message: unknown) => void): void;
}

/** What undici tells about its request. */
interface FailedRequest {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
  /** undici 8 has this, older ones do not. */
  readonly onResponseStart?: unknown;
}

/** A request that failed, or was about to be sent. */
export interface RequestLine {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
}

/** The requests that one error ended. undici gives the same error to all that wait for one connection. */
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

/** Listens from now on. Outside Node, and for a fetch that is not undici's, there is nothing to hear. */
export function listenToFailedRequests(): void {
  if (listening) return;
  listening = true;
  const channels = builtinModule('node:diagnostics_channel');
  (channels as Partial<DiagnosticsChannel> | undefined)?.subscribe?.(CHANNEL, note);
}

/**
 * Whether an error ended this very request, and not another one that a redirect made from it. `undefined` if nothing told. A
 * request with the same method is the same one. After a redirect that may follow a POST's effect (303, and 301 and 302
 * for a POST) the method becomes GET. A redirect that keeps the method asks for the whole request elsewhere.
 */
export function hasEnded(error: object, request: RequestLine): boolean | undefined {
  const ended = endedBy.get(error);
  if (ended === undefined || ended.mixed) return undefined;
  const { origin, method, paths } = ended;
  // undici's own interceptor puts the address in place of the name.
  if (origin !== request.origin && LITERAL.test(origin)) return undefined;
  return origin === request.origin && method === request.method && paths.has(request.path);
}

/**
 * Whether undici 8 or newer ended a request with this error. It reports a GOAWAY only to requests above the
 * last stream that is served. Older versions report it to any.
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
  // undici's own request to a proxy. The request that failed because of it is told as well.
  if (typeof method !== 'string' || method === 'CONNECT') return;
  const line = lineOf(String(origin), String(path), method);
  if (line !== undefined) noteFailedRequest(error, line, typeof onResponseStart === 'function');
}

/**
 * The parts of a URL that requests are compared by. The query is left out, since undici may get it separately.
 *
 * @param path the whole URL if a proxy was asked for it.
 */
export function lineOf(origin: string, path: string, method: string): RequestLine | undefined {
  try {
    const url = new URL(path, origin);
    return { origin: url.origin, path: url.pathname, method };
  } catch {
    return undefined;
  }
}
