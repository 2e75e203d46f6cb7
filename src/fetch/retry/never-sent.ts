import { X509 } from '../errors/error-table.js';
import type { Target, TargetFields } from '../errors/error-target.js';
import { isAbout, targetOf } from '../errors/error-target.js';
import { hasEnded, isOfUndici8 } from '../errors/failed-requests.js';
import { originalOf } from '../errors/shared-errors.js';

/** As in classify-error: enough for every wrapper that was met, and an end to every cycle. */
const MAX_LOOKS = 32;

interface ErrorFields extends TargetFields {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly http2ErrorCode?: unknown;
}

/**
 * Codes that exist only before there is a connection to send anything on. Left out on purpose:
 * ECONNRESET and EPIPE (a connection in use has them too), ETIMEDOUT and EHOSTUNREACH (only when connecting,
 * see below), `ERR_SSL_*` (an alert can come after the request).
 */
const BEFORE_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_BPL_MISSING_UPSTREAM',
  // Bun's codes. Its newest are the same as Node's.
  'ConnectionRefused',
  'FailedToOpenSocket',
  // HTTP/2: there is no stream that the request could have been sent on.
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_OUT_OF_STREAMS',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** undici 8's code for a proxy that goes away before it opened a tunnel. */
const PROXY_GONE = 'UND_ERR_PRX_CONN';

/** undici's words for a proxy that answered CONNECT but opened no tunnel. */
const NO_TUNNEL = /^Proxy response \(\d+\) !== 200 when HTTP Tunneling/;

/** Each of them ends the conversation with a SOCKS proxy, which comes before the request. */
const SOCKS = 'UND_ERR_SOCKS5';

/** HTTP/2's word for a request that was not processed: RFC 9113, 8.7. Servers also use it for requests after their GOAWAY. */
const REFUSED_STREAM = 7;
const REFUSED_MESSAGE = 'Stream closed with error code NGHTTP2_REFUSED_STREAM';

/** undici's words for a GOAWAY: the error of all requests that it ended. */
const GOAWAY = /^HTTP\/2: "GOAWAY" frame received with code \d+$/;

/** undici's words for the HEADERS of a request that came after a GOAWAY. */
const HEADERS_NOT_SENT = /^HTTP\/2: "frameError" received - type 1, code -?\d+$/;

/**
 * Deno's words, since its errors have no codes: no connection, and HTTP/2's refusal. hyper's `Connect` ends where the request
 * would begin. Deno 1 used other words.
 */
const NOT_CONNECTED =
  /^error sending request for url \(\S+\): (?:client error \(Connect\)|error trying to connect): /;
const REFUSED_BY_H2 =
  /stream error received: refused stream before processing any application logic$/;

interface Walk {
  looks: number;
  readonly target: Target | undefined;
  /** Whether the error ended the request to the target, if undici told that. */
  told: boolean | undefined;
}

/**
 * Whether a request was certainly not processed, so that any method may be sent again. That is certain without an address or a connection,
 * and when a certificate, a tunnel or an HTTP/2 stream was refused. Everything else is `false`, also a reset during the TLS
 * handshake, and the GOAWAY of undici before 8.2, which does not say whether the stream was above the
 * last one that is served. An AggregateError (one member for each address tried) is `true` only when all its
 * members are.
 *
 * @param url where the request was sent. Give it whenever redirects are followed: the server may have served the request,
 * and the target of its redirect may be the one that refuses. Then an error counts only if it belongs to this URL. undici tells that
 * on `undici:request:error` (once a client of holdfast exists). Otherwise the error itself may name its target:
 * always the port, often the host, on Deno and Bun the whole URL.
 * @param method the request's method, to compare with what undici tells.
 * @returns the answer; it never throws.
 */
export function neverSent(
  error: unknown,
  url?: string | { readonly href: string },
  method?: string,
): boolean {
  try {
    const target = url === undefined ? undefined : targetOf(url, method);
    return isCertain(error, { looks: MAX_LOOKS, target, told: undefined });
  } catch {
    return false;
  }
}

function isCertain(error: unknown, walk: Walk): boolean {
  if (typeof error !== 'object' || error === null || walk.looks === 0) return false;
  walk.looks--;
  const fields: ErrorFields = error;
  const { errors, code, cause, message } = fields;
  const line = walk.target?.line;
  if (line !== undefined) walk.told ??= hasEnded(originalOf(error) as object, line);
  // Before its own code, which is only the code of its first member.
  if (Array.isArray(errors) && errors.length > 0) {
    return errors.every((member) => isCertain(member, walk));
  }
  if (typeof code === 'string' && !isWrapper(code, cause)) {
    return isUnprocessed(fields, code) && isAtTarget(fields, walk);
  }
  if (typeof message === 'string' && (NOT_CONNECTED.test(message) || REFUSED_BY_H2.test(message))) {
    return isAtTarget(fields, walk);
  }
  // Only words that fetch uses before it has a response: "terminated" comes during the body.
  return message !== 'terminated' && isCertain(cause, walk);
}

/** Codes that only say that there is a cause. The cause of a proxy that closes the connection has no further cause. */
function isWrapper(code: string, cause: unknown): boolean {
  if (code === 'UND_ERR_PRX_TLS') return true;
  return code === PROXY_GONE && (Object(cause) as ErrorFields).code !== 'UND_ERR_SOCKET';
}

function isUnprocessed(error: ErrorFields, code: string): boolean {
  if (BEFORE_CONNECTION.has(code) || code.startsWith(SOCKS) || X509.test(code)) return true;
  const { syscall, message, http2ErrorCode } = error;
  switch (code) {
    case 'ERR_HTTP2_STREAM_ERROR':
      return http2ErrorCode === REFUSED_STREAM || message === REFUSED_MESSAGE;
    case 'UND_ERR_ABORTED':
      return typeof message === 'string' && NO_TUNNEL.test(message);
    case 'UND_ERR_INFO':
      if (typeof message !== 'string') return false;
      if (HEADERS_NOT_SENT.test(message)) return true;
      return GOAWAY.test(message) && isOfUndici8(originalOf(error) as object);
    case PROXY_GONE:
      return true;
    default:
      return syscall === 'connect' || syscall === 'getaddrinfo';
  }
}

function isAtTarget(error: ErrorFields, { target, told }: Walk): boolean {
  return target === undefined || (told ?? isAbout(target, error));
}
