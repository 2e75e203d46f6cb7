import { RejectedError } from '../../errors.js';
import type { AbortStateLike } from '../types.js';
import { entryOfAxios, wasCutOff } from './client-errors.js';
import { entryOfMessage, saysNetwork } from './error-messages.js';
import type { Entry, FetchErrorClass } from './error-table.js';
import { CALLERS_DOING, classOf, entryOfCode } from './error-table.js';

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
  readonly type?: unknown;
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

/** Timeouts of other clients: HeadersTimeoutError, RequestTimeoutError, APIConnectionTimeoutError. */
const OWN_TIMEOUT = /Timeout(?:Error)?$/;

/** What undici's fetch says of everything: with a cause that says nothing of a network, such as the caller's own stream, it is none. */
const UNDICIS_MESSAGES: ReadonlySet<unknown> = new Set(['fetch failed', 'terminated']);

/** Faults in a program, which are none of the network's. */
const PROGRAM_FAULT = /^(?:Type|Range|Reference|Syntax|Eval|Assertion|Contract|Config)Error/;

/** What node-fetch calls a request or a body that did not come in time. */
const NODE_FETCH_TIMEOUTS: ReadonlySet<unknown> = new Set(['request-timeout', 'body-timeout']);

/**
 * What kept a request from being answered, in one word, for errors thrown by the global fetch of Node,
 * Bun and Deno, by npm undici 6 to 8 (`fetch` and `request`), by node-fetch, axios, got and ky, and by other clients built
 * on these. The error itself counts first, then its `cause`, then its `errors`, to a bounded depth.
 *
 * @param signal the caller's signal: once it has aborted, an error that is its `reason`, whatever it looks like, is `abort`, and so is any AbortError.
 * As long as it has not, an AbortError is the client's own way of giving up, and so `timeout`.
 * @returns `undefined` when nothing shows that the request failed on its way: mistakes in the call (an
 * invalid URL, a closed dispatcher), refusals by a policy, errors of the caller's own code, values that are no errors.
 * Never throws.
 */
export function classifyFetchError(
  error: unknown,
  signal?: AbortStateLike | null,
): FetchErrorClass | undefined {
  if (signal?.aborted === true && error === signal.reason) return 'abort';
  const found = classOf(entryOfError(error));
  return found === 'abort' && signal?.aborted === false ? 'timeout' : found;
}

/** The entry of the table that an error belongs to. Never throws. */
export function entryOfError(error: unknown): Entry | undefined {
  try {
    return entryOf(error, { looks: MAX_LOOKS });
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

function entryOf(error: unknown, budget: Budget): Entry | undefined {
  if (typeof error !== 'object' || error === null || budget.looks === 0) return undefined;
  budget.looks--;
  // Nothing was sent, whatever opened the breaker that refused it.
  if (error instanceof RejectedError) return CALLERS_DOING;
  const fields: ErrorFields = error;
  return (
    ownEntry(fields) ??
    entryOf(fields.cause, budget) ??
    entryOfMembers(fields.errors, budget) ??
    lastResort(fields)
  );
}

function entryOfMembers(errors: unknown, budget: Budget): Entry | undefined {
  if (!Array.isArray(errors)) return undefined;
  for (const member of errors) {
    const entry = entryOf(member, budget);
    if (entry !== undefined) return entry;
    if (budget.looks === 0) return undefined;
  }
  return undefined;
}

function ownEntry(error: ErrorFields): Entry | undefined {
  const { code, name } = error;
  if (typeof code === 'string') {
    if (code === 'ETIMEDOUT' && isConnecting(error)) return 'connect';
    if (code === 'UND_ERR_ABORTED' && isProxyRefusal(error)) {
      return entryOfMessage(error.message as string, name) ?? 'connect';
    }
    if (code === 'ECONNABORTED' && isTimeoutOfAxios(error)) return 'timeout';
    const axios = entryOfAxios(error);
    if (axios !== undefined) return axios;
    // It says too little: whatever is deeper says more.
    if (code === 'UND_ERR_INFO') return undefined;
    const entry = entryOfCode(code);
    if (entry !== undefined) return entry;
  }
  if (typeof name !== 'string') return undefined;
  return BY_NAME.get(name) ?? (OWN_TIMEOUT.test(name) ? 'timeout' : undefined);
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

function lastResort(error: ErrorFields): Entry | undefined {
  // undici's word for what happens to a connection as a whole: idle, gone away, stream closed.
  if (error.code === 'UND_ERR_INFO') return 'reset';
  const { message, name, type } = error;
  if (name === 'FetchError' && NODE_FETCH_TIMEOUTS.has(type)) return 'timeout';
  // node-fetch's word for whatever went wrong below HTTP.
  if (name === 'FetchError' && type === 'system') return 'network';
  // A DOMException's, as happy-dom's fetch gives it.
  if (name === 'NetworkError' || wasCutOff(error)) return 'network';
  if (typeof message !== 'string') return undefined;
  if (saysNetwork(message) && isOfAProgram(error)) return undefined;
  return entryOfMessage(message, name);
}

/** Whether the cause of a failed fetch, which says nothing of a network, is that of a program: doubles give anything. */
function isOfAProgram({ message, cause }: ErrorFields): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  const { name } = cause as { readonly name?: unknown };
  if (typeof name !== 'string') return false;
  return UNDICIS_MESSAGES.has(message) || PROGRAM_FAULT.test(name);
}
