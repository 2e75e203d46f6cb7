import type { OutcomeKind } from './outcome.js';

/** The states of a circuit breaker, as events and telemetry name them. */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'isolated';

/** Why a retry that would have been allowed by `maxRetries` was not made, or that none was left. */
export type RetryStop = 'exhausted' | 'budget' | 'deadline' | 'retry_after' | 'rejected';

/**
 * What an outcome is called in events and telemetry. There, what the pipeline's `isFailure` says goes before the kind: a result can be a
 * `failure`, an error a `success`, and either `ignored`.
 */
export type ToldOutcome = OutcomeKind | 'ignored';

/** What a policy reports; the engine adds where it happened. */
export type EventBody =
  /** A call settled. `attempts` counts how often the operation was called; `durationMs` is wall time in the pipeline. */
  | {
      readonly type: 'call';
      readonly outcome: ToldOutcome | 'fallback';
      readonly attempts: number;
      readonly durationMs: number;
      readonly value?: unknown;
      readonly error?: unknown;
    }
  /** One call of the operation ended (or was given up: `cancelled`, `timeout`). */
  | {
      readonly type: 'attempt';
      readonly attempt: number;
      readonly kind: 'first' | 'retry' | 'hedge';
      readonly outcome: ToldOutcome;
      readonly status?: number | undefined;
      readonly value?: unknown;
      readonly error?: unknown;
    }
  /** A retry was decided: it starts after `delayMs`. `attempt` is the number of the attempt to come. */
  | {
      readonly type: 'retry';
      readonly attempt: number;
      readonly delayMs: number;
      readonly outcome: ToldOutcome;
      readonly status?: number | undefined;
      readonly value?: unknown;
      readonly error?: unknown;
    }
  /** The body of an answer failed while it was read, `durationMs` after its headers. The call had ended, most often as a success. */
  | { readonly type: 'body_failure'; readonly durationMs: number; readonly error: unknown }
  /** No further retry is made, and the outcome is returned as it is. `by` is the policy inside that refused a retry. */
  | {
      readonly type: 'retry_stopped';
      readonly reason: RetryStop;
      readonly by?: string | undefined;
      readonly attempts: number;
      readonly outcome: ToldOutcome;
      readonly status?: number | undefined;
      readonly value?: unknown;
      readonly error?: unknown;
    }
  /** A timeout expired. */
  | { readonly type: 'timeout'; readonly timeoutMs: number; readonly error?: unknown }
  /** A policy refused a call, or would have (`enforced: false`, a dry run). */
  | {
      readonly type: 'rejection';
      readonly reason: string;
      readonly enforced: boolean;
      readonly retryAfter?: number | undefined;
      /** What the call is refused with; none in a dry run. */
      readonly error?: unknown;
    }
  /** A circuit breaker changed state. */
  | {
      readonly type: 'transition';
      readonly from: BreakerState;
      readonly to: BreakerState;
      readonly reason: string;
      readonly openForMs?: number | undefined;
      /** The failure that opened it, where there is one. */
      readonly cause?: unknown;
      /** `false` for a breaker in dry run. */
      readonly enforced: boolean;
    }
  /** A fallback answered in place of this outcome. */
  | {
      readonly type: 'fallback';
      readonly outcome: ToldOutcome;
      readonly status?: number | undefined;
      readonly value?: unknown;
      readonly error?: unknown;
    }
  /** A call waits in a queue. */
  | { readonly type: 'queued'; readonly queued: number }
  /** A result nobody will receive was given to the `discard` hook. */
  | { readonly type: 'discard'; readonly value?: unknown };

/** What events say of how something ended. A result that the pipeline takes for a failure (`isFailure`, `errorTypeOf`) is one. */
export interface Told {
  readonly outcome: ToldOutcome;
  /** That of the result or error, where it has one (`statusOf`). */
  readonly status: number | undefined;
  /** The result, where it ended in one: a retry or a fallback may be about that, too. */
  readonly value: unknown;
  readonly error: unknown;
}

/** An event as a listener gets it: what happened, in which pipeline and, when a policy reports it, in which policy. */
export type PipelineEvent = EventBody & {
  readonly pipeline: string;
  /** Which copy of a keyed pipeline. */
  readonly key: string | undefined;
  readonly policy: string | undefined;
  /** The call it belongs to: a number that no other call of the process has. `undefined` for what happens outside any call. */
  readonly callId: number | undefined;
};

/** The stable names of the events. */
export type EventType = PipelineEvent['type'];

const TYPES: Readonly<Record<EventType, true>> = {
  call: true,
  attempt: true,
  retry: true,
  body_failure: true,
  retry_stopped: true,
  timeout: true,
  rejection: true,
  transition: true,
  fallback: true,
  queued: true,
  discard: true,
};

/** The names of all events. */
export const eventTypes: readonly string[] = Object.keys(TYPES);

/** The event of one type. */
export type EventOf<K extends EventType> = Extract<PipelineEvent, { readonly type: K }>;

/** Receives events, synchronously. What it throws goes to OpenTelemetry's `diag` and changes nothing in the call. */
export type Listener<E extends PipelineEvent = PipelineEvent> = (event: E) => void;

/** Where OpenTelemetry's API keeps what is registered with it. It is not imported: that is for when there is somebody to tell. */
const API = Symbol.for('opentelemetry.js.api.1');

interface Diag {
  error(message: string, ...args: unknown[]): void;
}

/** Reports a fault of user code that must not disturb a call (a listener or a discard hook that threw). */
export function reportFault(what: string, error: unknown): void {
  try {
    const registered = (globalThis as { readonly [API]?: { readonly diag?: Diag } })[API];
    registered?.diag?.error(`holdfast: ${what} threw`, error);
  } catch {
    // Where the logger throws too, nobody is left to be told.
  }
}

function reportListener(event: PipelineEvent, error: unknown): void {
  reportFault(`a listener of pipeline "${event.pipeline}"`, error);
}

/** The listeners of one pipeline. */
export class Hub {
  /** Whether anybody listens. */
  active = false;
  /** Whether anybody wants to hear of what every call reports; the path of a call compares it. */
  routine = false;
  #listeners: readonly Listener[] = [];
  readonly #wantRoutine = new Set<Listener>();
  /** Pipelines that drain: they have to hear of the end of each call. */
  #draining = 0;
  /** Called once the last listener has left. */
  readonly #ends = new Set<() => void>();

  /** `routine`: the listener wants the events of successful calls too. */
  add(listener: Listener, routine = true): () => void {
    const entry: Listener = (event) => listener(event);
    this.#listeners = [...this.#listeners, entry];
    if (routine) this.#wantRoutine.add(entry);
    this.#update();
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== entry);
      this.#wantRoutine.delete(entry);
      this.#update();
    };
  }

  emit(event: PipelineEvent): void {
    for (const listener of this.#listeners) {
      try {
        const done: unknown = listener(event);
        if (done instanceof Promise) done.catch((error) => reportListener(event, error));
      } catch (error) {
        reportListener(event, error);
      }
    }
  }

  clear(): void {
    this.#listeners = [];
    this.#wantRoutine.clear();
    this.#update();
  }

  /** Has something end with the last listener: all copies of a pipeline have the same ones. Answers what calls that off. */
  untilSilent(end: () => void): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  /** Takes each call past where its end is told. Answers what ends that. */
  watchEnds(): () => void {
    this.#draining++;
    this.#update();
    return () => {
      this.#draining--;
      this.#update();
    };
  }

  #update(): void {
    const { active } = this;
    this.active = this.#listeners.length > 0;
    this.routine = this.#wantRoutine.size > 0 || this.#draining > 0;
    if (active && !this.active) for (const end of this.#ends) end();
  }
}
