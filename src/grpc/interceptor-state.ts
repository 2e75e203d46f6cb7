import type { EventOf, EventType, Listener } from '../pipeline/contract/events.js';
import type { PipelineSnapshot } from '../pipeline/contract/snapshot.js';
import type { Drained, DrainOptions } from '../pipeline/lifecycle/drain.js';
import { resolveDrain } from '../pipeline/lifecycle/drain.js';
import { startsOver } from '../pipeline/lifecycle/start-over.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { join, rosterFor } from '../registry/join.js';
import type { Keyed } from '../registry/keyed.js';
import { leftByKey, sumOf } from '../registry/left.js';
import type { Duration } from '../time/duration.js';
import type { ResolvedGrpc } from './options.js';

/** What a drain left of one key. */
export interface StreamsDrained extends Drained {
  /** Streams that had begun and were not over. */
  readonly streams: number;
}

/** What a drain left. */
export interface InterceptorDrained extends StreamsDrained {
  /** The same for each key of which something was left. */
  readonly byKey: Readonly<Record<string, StreamsDrained>>;
}

/** Access to the pipelines behind an interceptor, one for each key. `Policies` is the type of their policies' snapshots, by name. */
export interface InterceptorState<Policies = unknown> {
  /** Listens to the events of all keys: see `Pipeline.on`. */
  on(listener: Listener): () => void;
  /** Listens to the events of one type. */
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  /** What each key's pipeline is doing now, as plain JSON. */
  snapshot(): Record<string, PipelineSnapshot<Policies>>;
  /**
   * Takes no new calls from now on: they end as UNAVAILABLE, with a DrainingError as `cause`. Waits for calls in flight, with their retries, until
   * their streams have ended. A drain cannot be undone.
   *
   * @param options The limit, or an object with it. Default 20 seconds.
   * @returns What was left at the limit, in total and by key. It never rejects because a call fails.
   * @throws ConfigError (as a rejection) when the limit is no duration. Nothing is closed then.
   */
  drain(options?: Duration | DrainOptions): Promise<InterceptorDrained>;
  /** Drops all keys and listeners, and leaves its registry. Calls in flight go on. */
  dispose(): void;
  /** The same as `dispose`. */
  [Symbol.dispose](): void;
}

/** The state of these pipelines. */
export function interceptorState(byKey: Keyed<unknown>): InterceptorState {
  return {
    on: byKey.on.bind(byKey),
    snapshot: () => byKey.snapshot(),
    async drain(options) {
      const { timeout } = resolveDrain(options);
      const pipelines = await byKey.closeWithin(timeout);
      return { ...leftOf(pipelines), byKey: leftByKey(pipelines, leftOf) };
    },
    dispose: () => byKey.dispose(),
    [Symbol.dispose]: () => byKey.dispose(),
  };
}

/**
 * Gives an interceptor its state, and makes it a member of its registry.
 *
 * @param addressOf The address that calls with a key go to, if the key tells.
 */
export function withState<I extends object>(
  interceptor: I,
  byKey: Keyed<unknown>,
  options: ResolvedGrpc,
  addressOf?: (key: string) => string | undefined,
): I & InterceptorState {
  const of = Object.assign(interceptor, interceptorState(byKey));
  startsOver(of, () => byKey.startOver());
  const pipelines = (): Iterable<Pipeline<unknown>> => byKey.pipelines();
  const roster = rosterFor(options, options.path, options.name);
  join(roster, byKey.template, options, {
    kind: 'grpc',
    of,
    pipelines,
    address: options.address,
    addressOf: options.address === undefined ? addressOf : undefined,
  });
  return of;
}

function leftOf(pipelines: readonly Pipeline<unknown>[]): StreamsDrained {
  const inFlight = sumOf(pipelines, (each) => each.inFlight);
  // A call occupies its pipeline until its stream has ended.
  return { inFlight, streams: sumOf(pipelines, (each) => each.occupied) - inFlight };
}
