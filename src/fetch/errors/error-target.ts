import type { RequestLine } from './failed-requests.js';
import { lineOf } from './failed-requests.js';

/** Where a request was sent. */
export interface Target {
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  /** Set if the request's method is known. */
  readonly line: RequestLine | undefined;
}

/** The fields in which errors say what they are about. */
export interface TargetFields {
  readonly message?: unknown;
  readonly address?: unknown;
  readonly hostname?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
}

/** `(attempted address: host:80, timeout: ...)`, or `(attempted addresses: 10.0.0.1:80, ::1:80, timeout: ...)`. */
const ATTEMPTED = /\(attempted address(es)?: (.+), timeout: /;

/** Deno's words. */
const FOR_URL = /^error sending request for url \((\S+)\): /;

/** @throws TypeError when it is no URL. */
export function targetOf(
  url: string | { readonly href: string },
  method: string | undefined,
): Target {
  const { hostname, port, protocol, origin, pathname } = new URL(
    typeof url === 'string' ? url : url.href,
  );
  return {
    hostname: withoutBrackets(hostname),
    port: port === '' ? (protocol === 'https:' ? '443' : '80') : port,
    path: pathname,
    line: method === undefined ? undefined : lineOf(origin, pathname, method),
  };
}

/** Whether an error itself says that it is about this target. */
export function isAbout(target: Target, error: TargetFields): boolean {
  const { hostname, host, port, address, path, message } = error;
  const text = typeof message === 'string' ? message : '';
  const named = FOR_URL.exec(text)?.[1] ?? urlIn(path);
  if (named !== undefined) return isUrlOf(target, named);
  if (typeof hostname === 'string') return hostname.toLowerCase() === target.hostname;
  if (typeof port === 'number' || typeof port === 'string') {
    return String(port) === target.port && isSameHost(address, target);
  }
  if (typeof host === 'string') return host.toLowerCase() === target.hostname;
  return isAttemptAt(target, text);
}

/** Bun's errors have the URL in this field, others the path of a socket. */
function urlIn(path: unknown): string | undefined {
  return typeof path === 'string' && /^https?:\/\//i.test(path) ? path : undefined;
}

function isUrlOf(target: Target, url: string): boolean {
  const named = targetOf(url, undefined);
  return (
    named.hostname === target.hostname && named.port === target.port && named.path === target.path
  );
}

function isAttemptAt(target: Target, message: string): boolean {
  const attempted = ATTEMPTED.exec(message);
  if (attempted === null) return false;
  const [, several, attempts = ''] = attempted;
  // A single attempt has the host as in the URL, several have its addresses.
  return attempts.split(', ').every((attempt) => {
    const colon = attempt.lastIndexOf(':');
    const tried = withoutBrackets(attempt.slice(0, colon));
    if (attempt.slice(colon + 1) !== target.port) return false;
    return several === undefined ? tried === target.hostname : isSameHost(tried, target);
  });
}

/** An address says nothing about a name. But if the URL has an address, it has to be the same. */
function isSameHost(address: unknown, target: Target): boolean {
  const literal = /^[\d.]+$|:/.test(target.hostname);
  return !literal || typeof address !== 'string' || address.toLowerCase() === target.hostname;
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}
