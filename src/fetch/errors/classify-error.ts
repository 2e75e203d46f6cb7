import { RejectedError } from '../../errors.js';
import type { AbortStateLike } from '../types.js';
import { entryOfAxios, wasCutOff } from './client-errors.js';
import { entryOfMessage, saysNetwork } from './error-messages.js';
import type { Entry, FetchErrorClass } from './error-table.js';
import { CALLERS_DOING, classOf, entryOfCode } from './error-table.js';

/** How many errors are looked at, in depth and side by side together. */
const MAX_LOOKS = 32;

/** The fields that tell the errors of all implementations apart. Each may be missing. */
interface ErrorFields {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly type?: unknown;
}

/** Looks left. A whole walk shares it, so that it ends in a cycle or a wide tree. */
interface Budget {
  looks: number;
}

/** Errors that come without a code, or whose code is a number. */
const BY_NAME: ReadonlyMap<string, FetchErrorClass> = new Map([
  ['HTTPParserError', 'protocol'],
  // ky's. That of got has a code, too.
  ['HTTPError', 'status'],
  ['AbortError', 'abort'],
  ['TimeoutError', 'timeout'],
  ['ConnectTimeoutError', 'connect'],
]);

/** Timeouts of other clients: HeadersTimeoutError, RequestTimeoutError, APIConnectionTimeoutError. */
const OWN_TIMEOUT = /Timeout(?:Error)?$/;

/** undici's fetch says this about everything. If the cause says nothing about a network, such as an error of the caller's own stream, it is no network error. */
const UNDICIS_MESSAGES: ReadonlySet<unknown> = new Set(['fetch failed', 'terminated']);

/** Faults in a program, and not of the network. */
const PROGRAM_FAULT = /^(?:Type|Range|Reference|Syntax|Eval|Assertion|Contract|Config)Error/;

/** node-fetch's words for a request or a body that did not come in time. */
const NODE_FETCH_TIMEOUTS: ReadonlySet<unknown> = new Set(['request-timeout', 'body-timeout']);

/**
 * Says in one word why a request got no answer. It knows the errors of the global fetch of Node,
 * Bun and Deno, of npm undici 6 to 8 (`fetch` and `request`), of node-fetch, axios, got and ky, and of other clients built
 * on these. The error itself counts first, then its `cause`, then its `errors`, to a bounded depth.
 *
 * @param signal the caller's signal. Once it has aborted, its `reason` and any AbortError are `abort`, whatever they look like.
 * Until then an AbortError means that the client itself gave up, and so `timeout`.
 * @returns `undefined` when nothing shows that the request failed on its way: for mistakes in the call (an
 * invalid URL, a closed dispatcher), refusals by a policy, errors of the caller's own code, and values that are no errors.
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
    // The fields of this error cannot even be read.
    return undefined;
  }
}

/** Whether the network, or its other end, ended the reading of a body with this error. */
export function isBroken(error: unknown): boolean {
  const known = classifyFetchError(error);
  return known !== undefined && known !== 'abort';
}

function entryOf(error: unknown, budget: Budget): Entry | undefined {
  if (typeof error !== 'object' || error === null || budget.looks === 0) return undefined;
  budget.looks--;
  // A policy refused it: nothing was sent, whatever the breaker's cause was.
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
    // It says too little. Deeper errors say more.
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

/** undici reports a proxy that will not open a tunnel with the code of an abort. */
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
  // undici's word for events of a connection as a whole: idle, gone away, stream closed.
  if (error.code === 'UND_ERR_INFO') return 'reset';
  const { message, name, type } = error;
  if (name === 'FetchError' && NODE_FETCH_TIMEOUTS.has(type)) return 'timeout';
  // node-fetch's word for anything that went wrong below HTTP.
  if (name === 'FetchError' && type === 'system') return 'network';
  // The name of happy-dom's DOMException.
  if (name === 'NetworkError' || wasCutOff(error)) return 'network';
  if (typeof message !== 'string') return undefined;
  if (saysNetwork(message) && isOfAProgram(error)) return undefined;
  return entryOfMessage(message, name);
}

/** Whether the cause of a failed fetch comes from a program and not from a network. Test doubles use any cause. */
function isOfAProgram({ message, cause }: ErrorFields): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  const { name } = cause as { readonly name?: unknown };
  if (typeof name !== 'string') return false;
  return UNDICIS_MESSAGES.has(message) || PROGRAM_FAULT.test(name);
}
