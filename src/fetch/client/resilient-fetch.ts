import { configError } from '../../config/validate.js';
import type { ConfigError } from '../../errors.js';
import type { PoliciesOf } from '../../pipeline/contract/snapshot.js';
import type { PipelineLayer } from '../../pipeline/pipeline.js';
import type { AnyStandardSnapshots } from '../../policies/standard.js';
import type { Transport } from '../call/fetch-call.js';
import type { OwnPolicies, ResilientFetchOptions, ResolvedClient } from '../options.js';
import { resolveFetch } from '../options.js';
import type { FetchOverrides } from '../overrides.js';
import type { BodyFactory } from '../request/body.js';
import { baseOf } from '../request/request.js';
import { discardResponse } from '../response/discard.js';
import { guardResponse } from '../response/guarded-response.js';
import { keepResponse, letGo } from '../response/kept-response.js';
import type {
  FetchInit,
  FetchInput,
  FetchLike,
  FetchResponse,
  HostFetch,
  ResponseLike,
} from '../types.js';
import type { Client, ClientState } from './client.js';
import { httpClient } from './client.js';

/** The second argument of a resilient fetch: that of the given fetch, and options for holdfast that are not sent. */
export type ResilientInit<F extends FetchLike = HostFetch> = Omit<FetchInit<F>, 'body'> & {
  /** The body as fetch takes it, or a function that makes a new one for each attempt. Use a function for streams, which can be read only once. */
  readonly body?: BodyOf<FetchInit<F>> | BodyFactory<BodyOf<FetchInit<F>>> | undefined;
  /** What is different about this call. */
  readonly holdfast?: FetchOverrides<FetchResponse<F>> | undefined;
};

/** The body that an implementation's init takes. */
export type BodyOf<I> = I extends { readonly body?: infer B } ? B : never;

/**
 * Made by {@link resilientFetch}: a fetch, and access to the pipelines behind it. `Policies` is the type of their policies' snapshots, by
 * name.
 */
export interface ResilientFetch<F extends FetchLike = HostFetch, Policies = unknown>
  extends ClientState<Policies> {
  /**
   * Fetches. When no policy can help any more, a Response with a failure status is returned, as fetch returns it.
   *
   * @param init As for fetch. Its signal stays in force while the body is read.
   * @param overrides What is different about this call. It wins over `init.holdfast`.
   * @throws what fetch throws; a RejectedError when a policy refused the call, a TimeoutError when a timeout expired, or the
   * reason of the caller's signal.
   */
  (
    input: FetchInput<F>,
    init?: ResilientInit<F> | undefined,
    overrides?: FetchOverrides<FetchResponse<F>> | undefined,
  ): Promise<FetchResponse<F>>;

  /**
   * Fetches, and reads the response within the policies. The timeouts cover the reading. A body that fails is a failed attempt, and is
   * retried where the request may be repeated. The reader does not get a response that is retried. When no retry
   * helps any more, it gets the last Response. It may be called once for each attempt. What it leaves of a body is discarded.
   *
   * @param reader Reads the Response, as in `(response) => response.json()`. An error that it throws by itself reaches the caller as it is.
   * It is not retried, and is no failure.
   * @returns what the reader returns.
   * @throws what the fetch itself throws, and what the reader throws. A TypeError when the reader is no function.
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
 * adaptive limiter and attempt timeout. Each origin has its own state.
 *
 * It retries requests that are safe to send twice (GET, HEAD, OPTIONS, TRACE, PUT, DELETE, QUERY, and requests with an
 * `Idempotency-Key`), and requests that certainly were not processed. It honours `Retry-After`. It sends a body again as a whole, or not at
 * all. It bounds how long a body may stall while it is read. The caller's signal stays in force until the body's end.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const fetch = resilientFetch();
 * const response = await fetch('http://inventory/stock/42');
 */
export function resilientFetch<Layer extends PipelineLayer, F extends FetchLike = HostFetch>(
  options: ResilientFetchOptions<F> & OwnPolicies<Layer>,
): ResilientFetch<F, PoliciesOf<Layer>>;
/** The same with the standard policies, so that the type of `snapshot()` knows them. */
export function resilientFetch<F extends FetchLike = HostFetch>(
  options?: ResilientFetchOptions<F>,
): ResilientFetch<F, AnyStandardSnapshots>;
export function resilientFetch<F extends FetchLike>(
  options?: ResilientFetchOptions<F>,
): ResilientFetch<F> {
  return fetchClient(resolveFetch(options)) as ResilientFetch<F>;
}

/**
 * Makes the client from options that are known to be right.
 *
 * @param wrap Makes of it what joins a registry.
 */
export function fetchClient(
  resolved: ResolvedClient & Pick<ReturnType<typeof resolveFetch>, 'fetch' | 'baseUrl'>,
  wrap?: (client: Client) => Client,
): Client {
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
  const client = httpClient(resolved, baseOf(resolved.baseUrl), transport, wrap);
  return client;
}

function callsItself(): ConfigError {
  const path = 'resilientFetch.fetch';
  const message =
    'the global fetch is this resilient fetch itself; give it the original one, as in resilientFetch({ fetch: original })';
  return configError('resilientFetch', [{ path, message, value: undefined }]);
}
