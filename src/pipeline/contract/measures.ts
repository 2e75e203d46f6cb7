/** What a policy says of itself when telemetry collects; see `PolicyBase.measure`. */
export interface PolicyMeasures {
  /** State of a circuit breaker. */
  readonly state?: 'closed' | 'open' | 'half_open' | 'isolated';
  /** How often a circuit breaker changed to each state; copies made by `fork` count in one account. */
  readonly transitions?: Readonly<Record<'closed' | 'open' | 'half_open' | 'isolated', number>>;
  /** Calls in a circuit breaker's window. */
  readonly calls?: number;
  /** Those of them that failed. */
  readonly failures?: number;
  /** Those of them that were slow; only where slowness is judged. */
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
  /** Calls in a throttle's window: what its probability weighs among those of its name. */
  readonly requests?: number;
}
