import type { BlockedTime } from '../../time/blocks.js';
import type { CircuitBreakerSnapshot } from './snapshot.js';
import type { Health, TripReason } from './trip-rule.js';

/** Why a breaker opened. */
export type OpenReason = TripReason | 'breaker' | 'probe_failed' | 'relapsed' | 'tripped';

/**
 * What a failure means for the run of failures. `next`: its next step. `same`: part of the last step. `none`: it
 * neither continues the run nor ends it.
 */
export type RunStep = 'next' | 'same' | 'none';

/** What a judge takes over from a snapshot. */
export type Known = Pick<CircuitBreakerSnapshot, 'window' | 'consecutiveFailures'>;

/** Watches the calls of a closed breaker and says when it has to open. */
export interface Judge {
  /** Whether it needs the time of successes. */
  readonly timed: boolean;
  readonly health: Health;
  /** Knows when the event loop was blocked: that is no time in which the upstream failed. */
  blocked?: BlockedTime | undefined;
  /** When the current run of failures began. */
  readonly failingSince: number | undefined;
  /**
   * A call that the closed breaker had let in ended. Returns why the breaker has to open now. `step` is what a failure means for
   * the run of failures. Default `next`.
   */
  record(nowMs: number, failed: boolean, slow: boolean, step?: RunStep): OpenReason | undefined;
  /** A call that the closed breaker had let in succeeded, and was not slow. Returns the same as {@link Judge.record}. */
  succeeded(nowMs: number): OpenReason | undefined;
  /**
   * A call that was recorded as a success has failed since. It no longer counts as a success, and fails now. Returns the same as
   * {@link Judge.record}.
   */
  failLate(nowMs: number, step: RunStep): OpenReason | undefined;
  /** The breaker is opening. */
  opened(reason: OpenReason): void;
  /** The breaker is closing, or starts over: earlier calls no longer count. */
  closed(): void;
  /** Moves the window on. */
  advance(nowMs: number): void;
  /** Takes over what a snapshot knew at `atMs`, of a run of failures that began at `failingSinceMs`. */
  restore(atMs: number, known: Known, failingSinceMs?: number): void;
}
