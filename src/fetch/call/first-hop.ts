import type { RequestLine } from '../errors/failed-requests.js';
import { lineOf, noteFailedRequest } from '../errors/failed-requests.js';
import type { InitFields } from '../request/init.js';

/** Bun's errors name the URL that fetch was called with, and do not mention redirects. */
export const HIDES_REDIRECTS = 'Bun' in globalThis;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const OF_A_BODY = ['encoding', 'language', 'location', 'type', 'length'];
const OF_AN_ORIGIN = ['authorization', 'cookie', 'host', 'proxy-authorization'];

/** How the request of one hop is sent and its response discarded. */
export interface Hops {
  send(url: string, init: InitFields): PromiseLike<unknown>;
  /** Gets rid of a redirect's response. */
  discard(response: unknown): unknown;
}

interface ResponseFields {
  readonly status?: unknown;
  readonly headers?: { get?(name: string): unknown };
}

/**
 * Sends a request whose redirects are followed. It follows the first one by hand, as fetch's standard says. So an error tells
 * whether it ended the request itself or one that it was redirected to.
 */
export async function sendFirstHop(
  url: string,
  method: string,
  init: InitFields,
  hops: Hops,
): Promise<unknown> {
  const response = await send(hops, url, method, { ...init, redirect: 'manual' });
  const location = locationOf(response as ResponseFields | null | undefined);
  if (location === undefined) return response;
  hops.discard(response);
  const { status } = response as { status: number };
  const next = new URL(location, url);
  const nextMethod = methodAfter(status, method);
  const nextInit = initFor(next.origin === new URL(url).origin, nextMethod, method, init);
  const last = await send(hops, next.href, nextMethod, nextInit);
  Object.defineProperty(last, 'redirected', { value: true, configurable: true });
  return last;
}

/** For redirects that cannot be followed by hand: no error can tell which request it ended. */
export function sendUnseen(sent: unknown): Promise<unknown> {
  return noted(sent, NOT_KNOWN);
}

const NOT_KNOWN: RequestLine = { origin: '', path: '', method: '' };

async function noted(sent: unknown, line: RequestLine): Promise<unknown> {
  try {
    return await sent;
  } catch (error) {
    noteFailedRequest(error, line);
    throw error;
  }
}

function send(hops: Hops, url: string, method: string, init: InitFields): Promise<unknown> {
  return noted(hops.send(url, init), lineOf(url, url, method) ?? NOT_KNOWN);
}

function locationOf(response: ResponseFields | null | undefined): string | undefined {
  const status = response?.status;
  if (typeof status !== 'number' || !REDIRECTS.has(status)) return undefined;
  const location = response?.headers?.get?.('location');
  return typeof location === 'string' ? location : undefined;
}

function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? method : 'GET';
  return method === 'POST' && (status === 301 || status === 302) ? 'GET' : method;
}

function initFor(
  isSameOrigin: boolean,
  nextMethod: string,
  method: string,
  init: InitFields,
): InitFields {
  const headers = new Headers(init['headers'] as ConstructorParameters<typeof Headers>[0]);
  const next: InitFields = { ...init, method: nextMethod, headers, redirect: 'follow' };
  if (nextMethod !== method) {
    delete next['body'];
    for (const name of OF_A_BODY) headers.delete(`content-${name}`);
  }
  if (!isSameOrigin) for (const name of OF_AN_ORIGIN) headers.delete(name);
  return next;
}
