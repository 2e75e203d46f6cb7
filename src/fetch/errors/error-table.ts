/**
 * Why a request got no response, in one of a few words. The cardinality is low, so it can be
 * a metric's label.
 *
 * - `connect`: no connection could be made: refused, unreachable, not in time
 * - `dns`: the host's name could not be resolved
 * - `tls`: no secure connection could be made
 * - `timeout`: connected, but the answer or a part of it did not come in time
 * - `reset`: the connection was closed or reset while the request or the response was under way
 * - `protocol`: the answer is not HTTP, or not what its headers or encoding promise
 * - `status`: the client turned a response's status into an error
 * - `abort`: the caller gave up, or the client itself did
 * - `network`: the network failed, but the implementation of fetch does not say how
 */
export type FetchErrorClass =
  | 'connect'
  | 'dns'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'protocol'
  | 'status'
  | 'abort'
  | 'network';

/** In the table: a mistake or an action of the caller, and not the network's fault. */
export const CALLERS_DOING = 'caller';

/** In the table: one side does not accept the certificate, or both speak no common version of TLS. Users see `tls`. */
export const CERTIFICATE = 'certificate';

/** In the table: a proxy that wants credentials. Users see `connect`. */
export const PROXY_CREDENTIALS = 'proxy_credentials';

export type Entry =
  | FetchErrorClass
  | typeof CALLERS_DOING
  | typeof CERTIFICATE
  | typeof PROXY_CREDENTIALS;

/** The word that users see. */
export function classOf(entry: Entry | undefined): FetchErrorClass | undefined {
  if (entry === CALLERS_DOING) return undefined;
  if (entry === CERTIFICATE) return 'tls';
  return entry === PROXY_CREDENTIALS ? 'connect' : entry;
}

const CODES: Readonly<Record<Entry, readonly string[]>> = {
  connect: [
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENETUNREACH',
    'ENETDOWN',
    'EADDRNOTAVAIL',
    'UND_ERR_CONNECT_TIMEOUT',
    'ERR_SOCKET_CONNECTION_TIMEOUT',
    'UND_ERR_BPL_MISSING_UPSTREAM',
    'UND_ERR_PRX_CONN',
    'ConnectionRefused',
    'FailedToOpenSocket',
  ],
  // getaddrinfo's codes, then those of c-ares, which custom lookups use.
  dns: [
    'ENOTFOUND',
    'EAI_AGAIN',
    'EAI_FAIL',
    'EAI_NODATA',
    'EAI_NONAME',
    'EAI_MEMORY',
    'EAI_SYSTEM',
    'ENODATA',
    'ESERVFAIL',
    'EFORMERR',
    'ENOTIMP',
    'EREFUSED',
    'EBADRESP',
    'ETIMEOUT',
  ],
  tls: ['ERR_TLS_HANDSHAKE_TIMEOUT', 'EPROTO', 'UND_ERR_PRX_TLS'],
  // What X509 below leaves over. The last three say that there is no common version of TLS.
  certificate: [
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'HOSTNAME_MISMATCH',
    'UNKNOWN_CERTIFICATE_VERIFICATION_ERROR',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    'ERR_SSL_VERSION_TOO_LOW',
  ],
  proxy_credentials: [],
  timeout: [
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'ETIMEDOUT',
    'ESOCKETTIMEDOUT',
    'ERR_TIMEOUT',
  ],
  reset: [
    'ECONNRESET',
    'ECONNABORTED',
    'EPIPE',
    'ENOTCONN',
    'ERR_STREAM_PREMATURE_CLOSE',
    'UND_ERR_SOCKET',
    'ERR_HTTP2_STREAM_ERROR',
    'ERR_HTTP2_STREAM_CANCEL',
    'ERR_HTTP2_SESSION_ERROR',
    'ERR_HTTP2_GOAWAY_SESSION',
    'ERR_HTTP2_INVALID_SESSION',
    'ERR_HTTP2_INVALID_STREAM',
    'ConnectionClosed',
  ],
  protocol: [
    'UND_ERR_HEADERS_OVERFLOW',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'ERR_HTTP2_ERROR',
    'Malformed_HTTP_Response',
  ],
  // undici's, then those of axios and got.
  status: [
    'UND_ERR_RESPONSE',
    'UND_ERR_RESPONSE_STATUS_CODE',
    'UND_ERR_REQ_RETRY',
    'ERR_BAD_REQUEST',
    'ERR_BAD_RESPONSE',
    'ERR_NON_2XX_3XX_RESPONSE',
  ],
  abort: ['ABORT_ERR', 'UND_ERR_ABORTED', 'UND_ERR_ABORT', 'ERR_CANCELED'],
  network: [],
  caller: [
    'UND_ERR_NOT_SUPPORTED',
    'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    // Closed or too narrow by the caller's own configuration.
    'UND_ERR_CLOSED',
    'UND_ERR_DESTROYED',
    'UND_ERR_MAX_ORIGINS_REACHED',
    'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    'UND_ERR_REDIRECT_MAX',
    // node:http, axios and got: what cannot be sent at all.
    'ERR_UNESCAPED_CHARACTERS',
    'ERR_UNSUPPORTED_PROTOCOL',
    'ERR_NOT_SUPPORT',
    'ERR_HTTP2_UNSUPPORTED_PROTOCOL',
    'ERR_SOCKET_BAD_PORT',
    'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
  ],
};

/** Node's codes for a certificate of the other side that this one does not accept, and Bun's: those of OpenSSL's X509. */
export const X509 = /^(?:UNABLE_TO_|CERT_|CRL_|ERROR_IN_C|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT)/;

/** Whole families of codes. The first that fits counts. */
const PATTERNS: readonly (readonly [pattern: RegExp, entry: Entry])[] = [
  [/^(?:HPE_|Z_|ERR__ERROR_FORMAT_|ERR_BROTLI_|ZSTD_error_)/, 'protocol'],
  [X509, CERTIFICATE],
  // Node's own check of the name. Alerts of a server that refuses the client's certificate.
  [/^ERR_TLS_CERT_|^ERR_SSL_.*(?:CERTIFICATE|UNKNOWN_CA)/, CERTIFICATE],
  [/^ERR_SSL_/, 'tls'],
  [/^(?:UND_)?ERR_(?:HTTP2?_|TLS_)?INVALID_|^ERR_BAD_OPTION|_TOO_MANY_REDIRECTS$/, CALLERS_DOING],
  [/^UND_ERR_SOCKS5/, 'connect'],
  // A code that a later undici adds is more likely the network's fault than the caller's.
  [/^UND_ERR_/, 'network'],
];

const BY_CODE: ReadonlyMap<string, Entry> = new Map(
  (Object.keys(CODES) as Entry[]).flatMap((entry) => CODES[entry].map((code) => [code, entry])),
);

/** The meaning of a cause's code; `undefined` when it says nothing about a request. */
export function entryOfCode(code: string): Entry | undefined {
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  return PATTERNS.find(([pattern]) => pattern.test(code))?.[1];
}
