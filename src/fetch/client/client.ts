import type { Context } from '../../pipeline/contract/context.js';
import type { EventOf, EventType, Listener } from '../../pipeline/contract/events.js';
import type { PipelineSnapshot } from '../../pipeline/contract/snapshot.js';
import type { DrainOptions } from '../../pipeline/lifecycle/drain.js';
import { startsOver } from '../../pipeline/lifecycle/start-over.js';
import { systemClock } from '../../time/clock.js';
import type { Duration } from '../../time/duration.js';
import type { Setup, Transport } from '../call/fetch-call.js';
import { FetchCall } from '../call/fetch-call.js';
import { ReadCall } from '../call/read-call.js';
import type { ResolvedClient } from '../options.js';
import { resolveOverrides } from '../overrides.js';
import type { Pipelines } from '../policies/pipelines.js';
import { pipelinesOf } from '../policies/pipelines.js';
import { originOf } from '../request/request.js';
import type { Reader } from '../response/reader.js';
import { assertReader } from '../response/reader.js';
import type { ClientDrained } from './drain.js';
import { drainClient } from './drain.js';

/** Access to the pipelines behind a client, one for each key. `Policies` is the type of their policies' snapshots, by name. */
export interface ClientState<Policies = unknown> {
  /** Listens to the events of all keys: see `Pipeline.on`. */
  on(listener: Listener): () => void;
  /** Listens to the events of one type. */
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  /**
   * Chooses the key to call, for callers that balance over hosts: of two usable ones, drawn at random, the one with fewer calls in flight. Usable are
   * those that are neither ejected (see `ejection` among the policies) nor behind an open circuit breaker.
   *
   * @param keys What the `key` option answers. Without that option, URLs: their origins are the keys.
   * @param tried Those that the call has tried already. They are chosen only if there are no others.
   * @returns One of them, as it was given.
   * @throws TypeError when there are no keys, or one of them is not a URL.
   */
  pick(keys: readonly string[], tried?: readonly string[]): string;
  /** What each key's pipeline is doing now, as plain JSON. */
  snapshot(): Record<string, PipelineSnapshot<Policies>>;
  /**
   * Takes no new calls from now on. Waits for calls in flight, with their retries, until their bodies have been read. New calls
   * are refused with a DrainingError. Cancel a body that nobody will read, or the drain waits for it. A drain cannot be undone.
   * A second drain waits for the same calls, up to its own limit.
   *
   * @param options The limit, or an object with it. Default 20 seconds.
   * @returns What was left at the limit, in total and by key. It never rejects because a call fails.
   * @throws ConfigError (as a rejection) when the limit is no duration. Nothing is closed then.
   */
  drain(options?: Duration | DrainOptions): Promise<ClientDrained>;
  /** Drops all keys and listeners. Calls in flight go on. */
  dispose(): void;
  /** The same as `dispose`. */
  [Symbol.dispose](): void;
}

/** The state of these pipelines. */
export function stateOf({ byKey }: Pipelines, { key }: ResolvedClient): ClientState {
  const keyOf = key === undefined ? originOf : (text: string) => text;
  return {
    on: byKey.on.bind(byKey),
    pick: (keys, tried = []) => byKey.pickBy(keys, tried, keyOf),
    snapshot: () => byKey.snapshot(),
    drain: (options) => drainClient(byKey, options),
    dispose: () => byKey.dispose(),
    [Symbol.dispose]: () => byKey.dispose(),
  };
}

/** A function like fetch that runs each call in the pipeline of its key. */
export type Client = ((
  input: unknown,
  init?: object | null,
  overrides?: object,
) => Promise<unknown>) & {
  /** The same, with the response read by a function within the policies. */
  read(
    input: unknown,
    init: object | null | undefined,
    reader: unknown,
    overrides?: object,
  ): Promise<unknown>;
} & ClientState;

/**
 * @param wrap Makes of it what users call.
 * @throws ConfigError
 */
export function httpClient(
  options: ResolvedClient,
  base: string | undefined,
  transport: Transport,
  wrap: (client: Client) => Client = (client) => client,
): Client {
  const clock = options.clock ?? systemClock;
  const setup: Setup = { options, clock, base, transport };
  const discard = (response: unknown, timeoutMs: number): unknown =>
    transport.discard(response, clock, timeoutMs);
  const pipelines = pipelinesOf(options, clock, discard, transport.keep);
  const { byKey, boundsOf } = pipelines;

  async function send(
    input: unknown,
    init: object | null | undefined,
    overrides: object | undefined,
    reader: Reader | undefined,
  ) {
    const own = overridesOf(init, overrides);
    const reading =
      reader === undefined ? undefined : new ReadCall(reader, input, init, own, setup);
    const call = reading ?? new FetchCall(input, init, own, setup);
    try {
      const pipeline = byKey.get(call.stateKey());
      const settings = call.enter(boundsOf(pipeline), pipeline.plan);
      call.occupy(pipeline);
      reading?.startIn(pipeline, settings);
      const run = (context: Context): unknown => call.attempt(context);
      const response = await pipeline.executeWith(run, call.signal, settings, call.traits);
      if (reading !== undefined) {
        const result = await reading.result(response);
        // A reader may hand the response itself on.
        if (result !== response) return result;
      }
      call.guard(response, pipeline);
      call.ended(response);
      return response;
    } catch (error) {
      throw call.endedBadly(error, call.signal);
    } finally {
      call.release();
    }
  }
  const client = (input: unknown, init?: object | null, overrides?: object) =>
    send(input, init, overrides, undefined);
  const read: Client['read'] = async (input, init, reader, overrides) => {
    assertReader(reader, options.path);
    return send(input, init, overrides, reader);
  };
  const made = wrap(Object.assign(client, { read }, stateOf(pipelines, options)));
  startsOver(made, () => byKey.startOver());
  pipelines.join(made, (base && new URL(base).host) || undefined);
  return made;
}

function overridesOf(init: object | null | undefined, overrides: object | null | undefined) {
  const inInit = (init as { readonly holdfast?: object } | null | undefined)?.holdfast;
  const own = inInit === undefined ? undefined : resolveOverrides(inInit);
  if (overrides === undefined || overrides === null) return own;
  return { ...own, ...resolveOverrides(overrides) };
}
