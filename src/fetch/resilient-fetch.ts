import { ConfigError } from '../errors.js';
import type { BodyFactory } from './body.js';
import type { Transport } from './call.js';
import type { ClientState } from './client.js';
import { httpClient } from './client.js';
import { discardResponse } from './discard.js';
import { guardResponse } from './guarded-response.js';
import { keepResponse, letGo } from './kept-response.js';
import type { FetchOverrides, ResilientFetchOptions } from './options.js';
import { resolveFetch } from './options.js';
import { baseOf } from './request.js';
import type {
  FetchInit,
  FetchInput,
  FetchLike,
  FetchResponse,
  HostFetch,
  ResponseLike,
} from './types.js';

/** What a resilient fetch takes second: what the given fetch takes, and a word to holdfast that is not sent. */
export type ResilientInit<F extends FetchLike = HostFetch> = Omit<FetchInit<F>, 'body'> & {
  /** As fetch takes it, or a function that makes it afresh for each attempt: for streams, which can be read only once. */
  readonly body?: BodyOf<FetchInit<F>> | BodyFactory<BodyOf<FetchInit<F>>> | undefined;
  /** What is different about this call. */
  readonly holdfast?: FetchOverrides<FetchResponse<F>> | undefined;
};

/** The body that an implementation's init takes. */
export type BodyOf<I> = I extends { readonly body?: infer B } ? B : never;

/** Made by {@link resilientFetch}: a fetch, and what can be known of the pipelines behind it. */
export interface ResilientFetch<F extends FetchLike = HostFetch> extends ClientState {
  /**
   * Fetches. A Response with a failure status, when no policy can help it any more, is answered as fetch answers it.
   *
   * @param init As for fetch. Its signal stays in force while the body is read.
   * @param overrides What is different about this call; wins over `init.holdfast`.
   * @throws what fetch throws; a RejectedError when a policy refused the call, a TimeoutError when a timeout expired, or the
   * reason of the caller's signal.
   */
  (
    input: FetchInput<F>,
    init?: ResilientInit<F> | undefined,
    overrides?: FetchOverrides<FetchResponse<F>> | undefined,
  ): Promise<FetchResponse<F>>;

  /**
   * Fetches, and has the response read within the policies: the timeouts cover the reading, and where the request may be repeated a
   * body that fails is retried with it, as one attempt that failed. The reader is not given a failure that is retried; when no retry
   * helps any more, it is given the last Response. It may be called once for each attempt, and what it leaves of a body is disposed of.
   *
   * @param reader Reads the Response, as in `(response) => response.json()`. What it throws by itself is thrown as it is, not retried,
   * and no failure.
   * @returns what the reader returns.
   * @throws as the fetch itself does, and what the reader throws. A TypeError when it is no function.
   */
  read<T>(
    input: FetchInput<F>,
    init: ResilientInit<F> | null | undefined,
    reader: (response: FetchResponse<F>) => T,
    overrides?: FetchOverrides<FetchResponse<F>> | undefined,
  ): Promise<Awaited<T>>;
}

/**
 * Makes a fetch with the standard policies around it and HTTP's own rules inside them: total timeout, retry, circuit breaker,
 * bulkhead and attempt timeout, with state of its own for each origin.
 *
 * It retries what is safe to send twice (GET, HEAD, OPTIONS, TRACE, PUT, DELETE, QUERY, and whatever carries an
 * `Idempotency-Key`) and anything that certainly never left; honours `Retry-After`; sends bodies again whole or not at all;
 * and bounds how long a body may stall while it is read, with the caller's signal in force until its end.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const fetch = resilientFetch();
 * const response = await fetch('http://inventory/stock/42');
 */
export function resilientFetch<F extends FetchLike = HostFetch>(
  options?: ResilientFetchOptions<F>,
): ResilientFetch<F> {
  const resolved = resolveFetch(options);
  const transport: Transport = {
    send: (input, init) => {
      const { fetch = globalThis.fetch } = resolved;
      if (fetch === (client as unknown)) throw callsItself();
      return fetch(input as never, init as never);
    },
    guard: (response, controller, bounds) => {
      letGo(response);
      guardResponse(response as ResponseLike, controller, bounds);
    },
    discard: (response, clock, timeoutMs) => {
      letGo(response);
      return discardResponse(response as ResponseLike, clock, timeoutMs);
    },
    keep: keepResponse,
  };
  const client = httpClient(resolved, baseOf(resolved.baseUrl), transport) as ResilientFetch<F>;
  return client;
}

function callsItself(): ConfigError {
  const path = 'resilientFetch.fetch';
  return new ConfigError(
    `${path}: the global fetch is this resilient fetch itself; give it the original one, as in resilientFetch({ fetch: original })`,
    { path, policy: 'resilientFetch' },
  );
}
