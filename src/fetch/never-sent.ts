/** As in classify-error: enough for every wrapper met, and an end to every cycle. */
const MAX_LOOKS = 32;

interface ErrorFields {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly address?: unknown;
  readonly hostname?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
}

/**
 * Codes that exist only before there is a connection to send anything on. Not among them, on purpose:
 * ECONNRESET and EPIPE (also of a connection in use), ETIMEDOUT and EHOSTUNREACH (only when connecting,
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
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
]);

/** Codes that only say that there is a cause. */
const WRAPPERS: ReadonlySet<string> = new Set(['UND_ERR_PRX_CONN', 'UND_ERR_PRX_TLS']);

/** `(attempted address: host:80, timeout: ...)`, or `(attempted addresses: 10.0.0.1:80, ::1:80, timeout: ...)`. */
const ATTEMPTED = /\(attempted address(es)?: (.+), timeout: /;

interface Walk {
  looks: number;
  readonly target: Target | undefined;
}

interface Target {
  readonly hostname: string;
  readonly port: string;
}

/**
 * Whether it is certain that not one byte of the request was sent, so that any method may be sent
 * again: no address, no connection, or a certificate that was refused. Everything else, a reset during
 * the TLS handshake included, answers `false`. An AggregateError (one member for each address tried)
 * answers `true` only when all its members do.
 *
 * @param url where the request was sent. Give it whenever redirects are followed: the request may have been
 * served, and the redirect's target be the one that refuses. Then only an error that names its target counts,
 * and as far as the error names it (always the port, often the host), it has to be this URL's. What it cannot
 * tell apart is a redirect to the same port of the same host, or of another host where only
 * addresses are named; sending with `redirect: 'manual'` or `'error'` rules that out.
 * @returns never throws.
 */
export function neverSent(error: unknown, url?: string | { readonly href: string }): boolean {
  try {
    const target = url === undefined ? undefined : targetOf(url);
    return isCertain(error, { looks: MAX_LOOKS, target });
  } catch {
    return false;
  }
}

function targetOf(url: string | { readonly href: string }): Target {
  const { hostname, port, protocol } = new URL(typeof url === 'string' ? url : url.href);
  return {
    hostname: hostname.replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === '' ? (protocol === 'https:' ? '443' : '80') : port,
  };
}

function isCertain(error: unknown, walk: Walk): boolean {
  if (typeof error !== 'object' || error === null || walk.looks === 0) return false;
  walk.looks--;
  const fields: ErrorFields = error;
  const { errors, code } = fields;
  // Before its own code, which is only that of its first member.
  if (Array.isArray(errors) && errors.length > 0) {
    return errors.every((member) => isCertain(member, walk));
  }
  if (typeof code === 'string' && !WRAPPERS.has(code)) {
    return isBeforeConnection(fields, code) && isAtTarget(fields, walk.target);
  }
  // Only what fetch says before it has a response: "terminated" comes during the body.
  return fields.message !== 'terminated' && isCertain(fields.cause, walk);
}

function isBeforeConnection(error: ErrorFields, code: string): boolean {
  if (BEFORE_CONNECTION.has(code)) return true;
  const { syscall } = error;
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

function isAtTarget(error: ErrorFields, target: Target | undefined): boolean {
  if (target === undefined) return true;
  const { hostname, host, port, address } = error;
  if (typeof hostname === 'string') return hostname.toLowerCase() === target.hostname;
  if (typeof port === 'number' || typeof port === 'string') {
    return String(port) === target.port && isSameHost(address, target);
  }
  if (typeof host === 'string') return host.toLowerCase() === target.hostname;
  const attempted = typeof error.message === 'string' ? ATTEMPTED.exec(error.message) : null;
  if (attempted === null) return false;
  const [, several, attempts = ''] = attempted;
  // One is written with the host as the URL has it, several with its addresses.
  return attempts.split(', ').every((attempt) => {
    const colon = attempt.lastIndexOf(':');
    const tried = attempt
      .slice(0, colon)
      .replace(/^\[|\]$/g, '')
      .toLowerCase();
    if (attempt.slice(colon + 1) !== target.port) return false;
    return several === undefined ? tried === target.hostname : isSameHost(tried, target);
  });
}

/** An address says nothing about a name; but where the URL has an address, it has to be the same. */
function isSameHost(address: unknown, target: Target): boolean {
  const literal = /^[\d.]+$|:/.test(target.hostname);
  return !literal || typeof address !== 'string' || address.toLowerCase() === target.hostname;
}
