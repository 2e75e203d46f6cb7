import type { ChaosInjection } from './injection.js';

/** Numbers that a policy reports when telemetry collects; see `PolicyBase.measure`. */
export interface PolicyMeasures {
  /** State of a circuit breaker. */
  readonly state?: 'closed' | 'open' | 'half_open' | 'isolated';
  /** How often a circuit breaker changed to each state; copies made by `fork` count in one account. */
  readonly transitions?: Readonly<Record<'closed' | 'open' | 'half_open' | 'isolated', number>>;
  /** Calls in a circuit breaker's window. */
  readonly calls?: number;
  /** How many of them failed. */
  readonly failures?: number;
  /** How many of them were slow; only if the breaker judges slowness. */
  readonly slowCalls?: number;
  /** Calls inside. */
  readonly inFlight?: number;
  /** Calls that wait. */
  readonly queued?: number;
  /** How many calls may be inside. */
  readonly limit?: number;
  /** Whether a limit that moves is as low as it gets. */
  readonly atFloor?: boolean;
  /** Permits of a rate limiter that can be taken at once. */
  readonly available?: number;
  /** Retries that are allowed now. */
  readonly balance?: number;
  /** The probability with which a throttle refuses a call. */
  readonly rejectionProbability?: number;
  /** Whether a host is ejected, so that nobody should choose it. */
  readonly ejected?: boolean;
  /** How often hosts were found to stand out; copies made by `fork` count in one account. */
  readonly ejections?: Readonly<
    Record<
      'failure_rate' | 'consecutive_failures',
      { readonly enforced: number; readonly waived: number }
    >
  >;
  /** Calls in a throttle's window: the weight of its probability in the average over all throttles of its name. */
  readonly requests?: number;
  /** Whether a chaos policy is on, and how often it has injected each; copies made by `fork` count in one account. */
  readonly chaos?: {
    readonly active: boolean;
    readonly injections: Readonly<Record<ChaosInjection, number>>;
  };
}
