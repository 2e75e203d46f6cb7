import type { Context } from '../pipeline/context.js';
import type { EventOf, EventType, Listener } from '../pipeline/events.js';
import type { PipelineSnapshot } from '../pipeline/pipeline.js';
import { systemClock } from '../time/clock.js';
import type { Setup, Transport } from './call.js';
import { FetchCall } from './call.js';
import type { ResolvedClient } from './options.js';
import { resolveOverrides } from './options.js';
import type { Pipelines } from './pipelines.js';
import { pipelinesOf } from './pipelines.js';
import { originalOf } from './shared-errors.js';

/** What can be known of the pipelines behind a client, one for each key. */
export interface ClientState {
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

/** The state of these pipelines. */
export function stateOf({ byKey }: Pipelines): ClientState {
  return {
    on: byKey.on.bind(byKey),
    snapshot: () => byKey.snapshot(),
    dispose: () => byKey.dispose(),
    [Symbol.dispose]: () => byKey.dispose(),
  };
}

/** A function like fetch that runs each call in the pipeline of its key. */
export type Client = ((
  input: unknown,
  init?: object | null,
  overrides?: object,
) => Promise<unknown>) &
  ClientState;

/** @throws ConfigError */
export function httpClient(
  options: ResolvedClient,
  base: string | undefined,
  transport: Transport,
): Client {
  const clock = options.clock ?? systemClock;
  const setup: Setup = { options, clock, base, transport };
  const discard = (response: unknown, timeoutMs: number): unknown =>
    transport.discard(response, clock, timeoutMs);
  const pipelines = pipelinesOf(options, clock, discard, transport.keep);
  const { byKey, boundsOf } = pipelines;

  async function client(input: unknown, init?: object | null, overrides?: object) {
    const call = new FetchCall(input, init, overridesOf(init, overrides), setup);
    try {
      const pipeline = byKey.get(call.stateKey());
      call.enter(boundsOf(pipeline));
      const run = (context: Context): unknown => call.attempt(context);
      const response = await pipeline.execute(run, { signal: call.signal });
      call.guard(response, pipeline);
      return response;
    } catch (error) {
      throw originalOf(error);
    } finally {
      call.release();
    }
  }
  return Object.assign(client, stateOf(pipelines));
}

function overridesOf(init: object | null | undefined, overrides: object | null | undefined) {
  const inInit = (init as { readonly holdfast?: object } | null | undefined)?.holdfast;
  const own = inInit === undefined ? undefined : resolveOverrides(inInit);
  if (overrides === undefined || overrides === null) return own;
  return { ...own, ...resolveOverrides(overrides) };
}
