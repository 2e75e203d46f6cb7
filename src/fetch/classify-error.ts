import type { FetchErrorClass } from './error-table.js';
import { CALLERS_DOING, entryOfCode } from './error-table.js';
import type { AbortStateLike } from './types.js';

/** How many errors are looked at, whether they lie beneath each other or side by side. */
const MAX_LOOKS = 32;

/** The fields by which errors of all implementations are told apart; every one may be missing. */
interface ErrorFields {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Looks left; shared by a whole walk, so that a cycle or a wide tree ends it. */
interface Budget {
  looks: number;
}

/** Errors that come without a code, or whose code is a number. */
const BY_NAME: ReadonlyMap<string, FetchErrorClass> = new Map([
  ['HTTPParserError', 'protocol'],
  // ky's; got's has a code, too.
  ['HTTPError', 'status'],
  ['AbortError', 'abort'],
  ['TimeoutError', 'timeout'],
  ['ConnectTimeoutError', 'connect'],
]);

/** What fetch says in browsers, workers and Deno, and axios of it, where the cause is not told. */
const NETWORK_MESSAGES: ReadonlySet<string> = new Set([
  'fetch failed',
  'terminated',
  'Failed to fetch',
  'network error',
  'Network Error',
  'Load failed',
  'NetworkError when attempting to fetch resource.',
  'Network request failed',
  'Network connection lost.',
  'The network connection was lost.',
  'The Internet connection appears to be offline.',
]);
const NETWORK_PATTERN = /^error (?:sending request|reading a body)|\(os error \d+\)/;

/**
 * What kept a request from being answered, in one word, for errors thrown by the global fetch of Node,
 * Bun and Deno, by npm undici 6 to 8 (`fetch` and `request`), by node-fetch, axios, got and ky, and by other clients built
 * on these. The error itself counts first, then its `cause`, then its `errors`, to a bounded depth.
 *
 * @param signal the caller's signal: an error that is its `reason`, whatever it looks like, is `abort`.
 * @returns `undefined` when nothing shows that the request failed on its way: mistakes in the call (an
 * invalid URL, a closed dispatcher), errors of the caller's own code, values that are no errors.
 * Never throws.
 */
export function classifyFetchError(
  error: unknown,
  signal?: AbortStateLike | null,
): FetchErrorClass | undefined {
  if (signal?.aborted === true && error === signal.reason) return 'abort';
  try {
    const entry = entryOf(error, { looks: MAX_LOOKS });
    return entry === CALLERS_DOING ? undefined : entry;
  } catch {
    // An error whose fields cannot even be read.
    return undefined;
  }
}

/** Whether it was the network, or who is at its other end, that ended the reading of a body with this error. */
export function isBroken(error: unknown): boolean {
  const known = classifyFetchError(error);
  return known !== undefined && known !== 'abort';
}

type Entry = ReturnType<typeof entryOfCode>;

function entryOf(error: unknown, budget: Budget): Entry {
  if (typeof error !== 'object' || error === null || budget.looks === 0) return undefined;
  budget.looks--;
  const fields: ErrorFields = error;
  return (
    ownEntry(fields) ??
    entryOf(fields.cause, budget) ??
    entryOfMembers(fields.errors, budget) ??
    lastResort(fields)
  );
}

function entryOfMembers(errors: unknown, budget: Budget): Entry {
  if (!Array.isArray(errors)) return undefined;
  for (const member of errors) {
    const entry = entryOf(member, budget);
    if (entry !== undefined) return entry;
    if (budget.looks === 0) return undefined;
  }
  return undefined;
}

function ownEntry(error: ErrorFields): Entry {
  const { code, name } = error;
  if (typeof code === 'string') {
    if (code === 'ETIMEDOUT' && isConnecting(error)) return 'connect';
    if (code === 'UND_ERR_ABORTED' && isProxyRefusal(error)) return 'connect';
    if (code === 'ECONNABORTED' && isTimeoutOfAxios(error)) return 'timeout';
    // It says too little: whatever is deeper says more.
    if (code === 'UND_ERR_INFO') return undefined;
    const entry = entryOfCode(code);
    if (entry !== undefined) return entry;
  }
  return typeof name === 'string' ? BY_NAME.get(name) : undefined;
}

function isConnecting(error: ErrorFields): boolean {
  if (error.syscall === 'connect') return true;
  return (
    Array.isArray(error.errors) && error.errors.some((member) => member?.syscall === 'connect')
  );
}

/** A proxy that will not open a tunnel is reported by undici with the code of an abort. */
function isProxyRefusal(error: ErrorFields): boolean {
  return typeof error.message === 'string' && error.message.startsWith('Proxy response (');
}

/** axios reports its own timeout with the code of a broken connection. */
function isTimeoutOfAxios(error: ErrorFields): boolean {
  return (
    typeof error.message === 'string' && /^timeout\b|\btimeout\b.* exceeded/.test(error.message)
  );
}

function lastResort(error: ErrorFields): Entry {
  // undici's word for what happens to a connection as a whole: idle, gone away, stream closed.
  if (error.code === 'UND_ERR_INFO') return 'reset';
  const { message } = error;
  if (typeof message !== 'string') return undefined;
  if (NETWORK_PATTERN.test(message)) return 'network';
  // With a cause that says nothing of a network ("bad port", the caller's own stream), it is none.
  return NETWORK_MESSAGES.has(message) && error.cause === undefined ? 'network' : undefined;
}
