import type { EventOf, EventType, Listener } from '../pipeline/contract/events.js';
import type { Drained, DrainOptions } from '../pipeline/lifecycle/drain.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { Duration } from '../time/duration.js';

/** What a member of a registry is. */
export type MemberKind = 'pipeline' | 'keyed' | 'fetch' | 'undici' | 'service' | 'grpc';

/** What can join a registry, as far as the registry uses it: a pipeline, a keyed one, or a client. */
export interface Joinable {
  /** Listens to its events. Returns a function that stops it. */
  on(listener: Listener): () => void;
  /** Listens to the events of one type. */
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  /** What it is doing now, as plain JSON. */
  snapshot(): unknown;
  /** Takes no new calls, and waits for those in flight up to a limit. Default 20 seconds. */
  drain(options?: Duration | DrainOptions): Promise<Drained>;
  /** Lets go of all listeners, and leaves the registry. */
  dispose(): void;
}

/** A dependency of this process: what has joined a registry. `Of` is the type of what has joined. */
export interface Member<Of extends Joinable = Joinable> {
  /** The name of the pipeline, client or service. No other member of the registry has it. */
  readonly name: string;
  /** What has joined. */
  readonly kind: MemberKind;
  /** Whether this process cannot do its work without it: the option of this name. */
  readonly critical: boolean;
  /** The host of the upstream, or host:port, where that is known: OpenTelemetry's `server.address`. */
  readonly address?: string | undefined;
  /** @internal The same for one of its keys, where it has an address of its own. */
  readonly addressOf?: ((key: string) => string | undefined) | undefined;
  /** The pipeline, keyed pipeline, client or service itself. */
  readonly of: Of;
  /** The pipelines that live now: one, or that of each key. */
  pipelines(): Iterable<Pipeline<unknown>>;
  /** @internal What knows its policies while there are no keys, and whether it drains. */
  readonly template: Pipeline<unknown>;
  /** @internal Each key has policies of its own choice, and the template has none. */
  readonly perKey?: boolean;
}
