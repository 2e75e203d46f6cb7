import type { CircuitBreakerSnapshot } from './snapshot.js';
import type { Health, TripReason } from './trip-rule.js';

/** Why a breaker opened. */
export type OpenReason = TripReason | 'breaker' | 'probe_failed' | 'relapsed' | 'tripped';

/**
 * What a failure is to the run of failures: its `next` step, part of the `same` step as the one before, or `none` of it: it
 * neither goes on with the run nor ends it.
 */
export type RunStep = 'next' | 'same' | 'none';

/** What a judge takes over from a snapshot. */
export type Known = Pick<CircuitBreakerSnapshot, 'window' | 'consecutiveFailures'>;

/** Watches the calls of a closed breaker and says when it has to open. */
export interface Judge {
  /** Whether successes have to come with the time. */
  readonly timed: boolean;
  readonly health: Health;
  /** When the run of failures began that is going on. */
  readonly failingSince: number | undefined;
  /**
   * A call that the closed breaker had let in ended; answers why the breaker has to open now. `step` is what a failure is to
   * the run of failures. Default `next`.
   */
  record(nowMs: number, failed: boolean, slow: boolean, step?: RunStep): OpenReason | undefined;
  /**
   * A call that was recorded as a success has failed since: it is one no more, and fails now. Answers as {@link Judge.record}.
   */
  failLate(nowMs: number, step: RunStep): OpenReason | undefined;
  /** The breaker is opening. */
  opened(reason: OpenReason): void;
  /** The breaker is closing, or starts afresh: what went before counts no more. */
  closed(): void;
  /** Moves the window on. */
  advance(nowMs: number): void;
  /** Takes over what a snapshot knew at `atMs`, of a run of failures that began at `failingSinceMs`. */
  restore(atMs: number, known: Known, failingSinceMs?: number): void;
}
