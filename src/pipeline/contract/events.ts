import type { OutcomeKind } from '../outcome/outcome.js';

/** The states of a circuit breaker, as events and telemetry name them. */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'isolated';

/** Why no further retry was made. `exhausted`: `maxRetries` were made already. */
export type RetryStop = 'exhausted' | 'budget' | 'deadline' | 'retry_after' | 'rejected';

/** Why no further hedge is made. `overload`: not one attempt is slow, but all are. `rejected`: a policy inside refused it. `queued`: it would have had to wait to be let in. */
export type HedgeStop = 'budget' | 'deadline' | 'overload' | 'rejected' | 'queued';

/**
 * The name of an outcome in events and telemetry. The verdict of the pipeline's `isFailure` takes precedence over the kind: a result can be
 * a `failure`, an error a `success`, and either can be `ignored`.
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
  /** The body of a response failed while it was read, `durationMs` after its headers. The call had ended by then, usually as a success. */
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
  /** A hedge starts, since the attempts before it took `delayMs`. `attempt` is the number of the attempt to come. */
  | { readonly type: 'hedge'; readonly attempt: number; readonly delayMs: number }
  /** No further hedge is made, although the call still waits. `by` is the policy inside that refused one. */
  | {
      readonly type: 'hedge_stopped';
      readonly reason: HedgeStop;
      readonly by?: string | undefined;
      readonly attempts: number;
    }
  /** A timeout expired. */
  | { readonly type: 'timeout'; readonly timeoutMs: number; readonly error?: unknown }
  /** A policy refused a call, or would have (`enforced: false`, a dry run). */
  | {
      readonly type: 'rejection';
      readonly reason: string;
      readonly enforced: boolean;
      readonly retryAfter?: number | undefined;
      /** The error that the call is refused with; none in a dry run. */
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

/** What events say about an outcome. A result that the pipeline counts as a failure (`isFailure`, `errorTypeOf`) is one here. */
export interface Told {
  readonly outcome: ToldOutcome;
  /** The status of the result or error, if it has one (`statusOf`). */
  readonly status: number | undefined;
  /** The result, if there is one: results can be retried and replaced, too. */
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
  hedge: true,
  hedge_stopped: true,
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
