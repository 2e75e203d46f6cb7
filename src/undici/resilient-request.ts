import type { Dispatcher } from 'undici';
import { request as installedRequest } from 'undici';
import type { Transport } from '../fetch/call/fetch-call.js';
import type { Client, ClientState } from '../fetch/client/client.js';
import { httpClient } from '../fetch/client/client.js';
import type { OwnPolicies } from '../fetch/options.js';
import type { FetchOverrides } from '../fetch/overrides.js';
import { readHeader } from '../fetch/request/headers.js';
import { BodyGuard } from '../fetch/response/body-guard.js';
import { isNodeStream, watchNodeStream } from '../fetch/response/watched-node-stream.js';
import type { HeadersSource } from '../fetch/types.js';
import type { PoliciesOf } from '../pipeline/contract/snapshot.js';
import type { PipelineLayer } from '../pipeline/pipeline.js';
import type { AnyStandardSnapshots } from '../policies/standard.js';
import type { UndiciBody } from './discard.js';
import { discardBody } from './discard.js';
import { headerRecord } from './headers.js';
import type { ResilientRequestOptions } from './options.js';
import { resolveRequest } from './options.js';
import type { UrlObject } from './url.js';
import { urlText } from './url.js';

/** The second argument of a resilient request: that of `undici.request`, and options for holdfast that are not sent. */
export type ResilientRequestInit = Omit<
  Dispatcher.RequestOptions,
  'body' | 'method' | 'origin' | 'path' | 'signal'
> & {
  /** The dispatcher that sends. Default: undici's global one. */
  readonly dispatcher?: Dispatcher | undefined;
  /** The method. Default `GET`, or `PUT` with a body. */
  readonly method?: Dispatcher.HttpMethod | undefined;
  /** The body as undici takes it, or a function that makes a new one for each attempt. Use a function for streams, which can be read only once. */
  readonly body?: RequestBody | (() => RequestBody | PromiseLike<RequestBody>) | undefined;
  /** The caller's signal. Stays in force while the body is read. */
  readonly signal?: AbortSignal | null | undefined;
  /** What is different about this call. */
  readonly holdfast?: FetchOverrides<Dispatcher.ResponseData> | undefined;
};

/** The bodies that `undici.request` takes. */
export type RequestBody = Dispatcher.RequestOptions['body'];

/** Made by {@link resilientRequest}. `Policies` is the type of its policies' snapshots, by name. */
export interface ResilientRequest<Policies = unknown> extends ClientState<Policies> {
  /**
   * Sends a request. When no policy can help any more, a response with a failure status is returned, as undici returns
   * it.
   *
   * @param overrides What is different about this call. It wins over `init.holdfast`.
   * @throws what undici throws; a RejectedError when a policy refused the call, a TimeoutError when a timeout expired, or
   * the reason of the caller's signal.
   */
  (
    url: string | URL | UrlObject,
    init?: ResilientRequestInit | undefined,
    overrides?: FetchOverrides<Dispatcher.ResponseData> | undefined,
  ): Promise<Dispatcher.ResponseData>;

  /**
   * Sends a request, and reads the response within the policies, as `read` of a `ResilientFetch` does.
   *
   * @param reader Reads the response, as in `({ body }) => body.json()`. An error that it throws by itself reaches the caller as it is. It is
   * not retried, and is no failure.
   * @returns what the reader returns.
   */
  read<T>(
    url: string | URL | UrlObject,
    init: ResilientRequestInit | null | undefined,
    reader: (response: Dispatcher.ResponseData) => T,
    overrides?: FetchOverrides<Dispatcher.ResponseData> | undefined,
  ): Promise<Awaited<T>>;
}

/**
 * Makes an `undici.request` with the standard policies around it and the rules of `resilientFetch` inside them. Its responses
 * are undici's: read their bodies, or dump them.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const request = resilientRequest();
 * const { statusCode, body } = await request('http://inventory/stock/42');
 */
export function resilientRequest<Layer extends PipelineLayer>(
  options: ResilientRequestOptions & OwnPolicies<Layer>,
): ResilientRequest<PoliciesOf<Layer>>;
/** The same with the standard policies, so that the type of `snapshot()` knows them. */
export function resilientRequest(
  options?: ResilientRequestOptions,
): ResilientRequest<AnyStandardSnapshots>;
export function resilientRequest(options?: ResilientRequestOptions): ResilientRequest {
  const resolved = resolveRequest(options);
  const { request = installedRequest } = resolved;
  const transport: Transport = {
    send: (input, init) => request(input as string, init as never),
    guard: (response, controller, bounds) => {
      const { body } = response as Partial<Dispatcher.ResponseData>;
      // A test double of request may answer anything. Nobody will read an empty body to its end.
      if (!isNodeStream(body) || isBodyless(response as Dispatcher.ResponseData, bounds.method)) {
        bounds.onEnd?.(undefined);
        return;
      }
      const guard = new BodyGuard(controller, bounds);
      watchNodeStream(body, guard);
      if (bounds.signal?.aborted === true) guard.onAbort(bounds.signal.reason);
    },
    discard: (response, clock, timeoutMs) => {
      const { body, headers } = response as Dispatcher.ResponseData;
      return discardBody(body as unknown as UndiciBody, headers as HeadersSource, clock, timeoutMs);
    },
  };
  return httpClient(resolved, undefined, transport, wrap) as ResilientRequest;
}

/** Takes what undici takes. */
function wrap(client: Client): Client {
  const send = async (url: unknown, init?: object | null, overrides?: object) =>
    client(urlText(url), initOf(init), overrides);
  const read: Client['read'] = async (url, init, reader, overrides) =>
    client.read(urlText(url), initOf(init), reader, overrides);
  const { on, pick, snapshot, drain, dispose } = client;
  return Object.assign(send, {
    read,
    on,
    pick,
    snapshot,
    drain,
    dispose,
    [Symbol.dispose]: dispose,
  });
}

/** Whether a response has no body, by the rules of HTTP or by its own headers. undici has a stream for it anyway. */
function isBodyless(
  { statusCode, headers }: Dispatcher.ResponseData,
  method: string | undefined,
): boolean {
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304) return true;
  return readHeader(headers as HeadersSource, 'content-length') === '0';
}

/** undici's own defaults, and its headers in one form. */
function initOf(init: ResilientRequestInit | null | undefined): object {
  const { headers, body } = init ?? {};
  const method = init?.method ?? (body ? 'PUT' : 'GET');
  return { ...init, method, headers: headerRecord(headers) };
}
