import type { Context } from '../pipeline/context.js';
import type { EventOf, EventType, Listener } from '../pipeline/events.js';
import type { PipelineSnapshot } from '../pipeline/pipeline.js';
import { systemClock } from '../time/clock.js';
import type { BodyFactory } from './body.js';
import type { FetchSetup, Send } from './call.js';
import { FetchCall } from './call.js';
import type { FetchOverrides, ResilientFetchOptions } from './options.js';
import { resolveFetch, resolveOverrides } from './options.js';
import { pipelinesOf } from './pipelines.js';
import { baseOf, originOf } from './request.js';
import type { FetchInit, FetchInput, FetchLike, FetchResponse } from './types.js';

/** What a resilient fetch takes second: what the given fetch takes, and a word to holdfast that is not sent. */
export type ResilientInit<F extends FetchLike = typeof globalThis.fetch> = Omit<
  FetchInit<F>,
  'body'
> & {
  /** As fetch takes it, or a function that makes it afresh for each attempt: for streams, which can be read only once. */
  readonly body?: BodyOf<FetchInit<F>> | BodyFactory<BodyOf<FetchInit<F>>> | undefined;
  /** What is different about this call. */
  readonly holdfast?: FetchOverrides<FetchResponse<F>> | undefined;
};

/** The body that an implementation's init takes. */
export type BodyOf<I> = I extends { readonly body?: infer B } ? B : never;

/** Made by {@link resilientFetch}: a fetch, and what can be known of the pipelines behind it. */
export interface ResilientFetch<F extends FetchLike = typeof globalThis.fetch> {
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
  /** Listens to the events of all keys: see `Pipeline.on`. */
  on(listener: Listener): () => void;
  /** Listens to the events of one type. */
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  /** What each key's pipeline is doing now, as plain JSON. */
  snapshot(): Record<string, PipelineSnapshot>;
  /** Drops all keys and listeners. Calls in flight go on. */
  dispose(): void;
  /** As `dispose`. */
  [Symbol.dispose](): void;
}

/**
 * Makes a fetch with the standard policies around it and HTTP's own rules inside them: total timeout, retry, circuit breaker,
 * bulkhead and attempt timeout, with state of its own for each origin.
 *
 * It retries what is safe to send twice (GET, HEAD, OPTIONS, TRACE, PUT, DELETE, QUERY, and whatever carries an
 * `Idempotency-Key`) and anything that certainly never left; honours `Retry-After`; sends bodies again whole or not at all;
 * and keeps the deadline and the caller's signal in force while the body is read.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const fetch = resilientFetch();
 * const response = await fetch('http://inventory/stock/42');
 */
export function resilientFetch<F extends FetchLike = typeof globalThis.fetch>(
  options?: ResilientFetchOptions<F>,
): ResilientFetch<F> {
  const resolved = resolveFetch(options);
  const clock = resolved.clock ?? systemClock;
  const setup: FetchSetup = { options: resolved, clock, base: baseOf(resolved.baseUrl) };
  const { byKey, boundsOf } = pipelinesOf(resolved, clock);
  const { key: keyOf } = resolved;
  const send: Send = (input, init) => {
    const { fetch = globalThis.fetch } = resolved;
    return fetch(input as never, init as never);
  };

  async function fetch(input: unknown, init?: object | null, overrides?: object): Promise<unknown> {
    const call = new FetchCall(input, init, overridesOf(init, overrides), setup);
    try {
      const key = call.overrides.key ?? keyOf?.(call) ?? originOf(call.url);
      const pipeline = byKey.get(key);
      const bounds = boundsOf(pipeline);
      const startedAt = bounds.call === undefined ? 0 : clock.now();
      const run = (context: Context): unknown => call.attempt(context, send);
      const response = await pipeline.execute(run, { signal: call.signal });
      call.guard(response, startedAt, bounds);
      return response;
    } finally {
      call.release();
    }
  }

  return Object.assign(fetch, {
    on: byKey.on.bind(byKey),
    snapshot: () => byKey.snapshot(),
    dispose: () => byKey.dispose(),
    [Symbol.dispose]: () => byKey.dispose(),
  }) as ResilientFetch<F>;
}

function overridesOf(init: object | null | undefined, overrides: object | undefined) {
  const inInit = (init as { readonly holdfast?: object } | null | undefined)?.holdfast;
  if (overrides === undefined && inInit === undefined) return undefined;
  return resolveOverrides(overrides === undefined ? inInit : { ...inInit, ...overrides });
}
