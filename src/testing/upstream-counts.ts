/**
 * How a request ended at the upstream:
 *
 * - `answered`: a whole answer with a status below 400
 * - `failed`: a whole answer with a status of 400 or more
 * - `shed`: answered 503 at once, because the queue was full
 * - `hung`: never answered, until the client left
 * - `reset`, `closed`: the connection was broken before an answer
 * - `truncated`: the connection was closed in the middle of the body
 * - `abandoned`: the client left before the answer was complete
 */
export type UpstreamOutcome =
  | 'answered'
  | 'failed'
  | 'shed'
  | 'hung'
  | 'reset'
  | 'closed'
  | 'truncated'
  | 'abandoned';

/** What an upstream has counted. `requests` is the sum of all `outcomes` and `inFlight`. */
export interface UpstreamStats {
  /** Requests that arrived. */
  readonly requests: number;
  /** Requests without an outcome yet, including those that wait for a worker. */
  readonly inFlight: number;
  /** The most that were in flight at the same time. */
  readonly maxInFlight: number;
  /** Requests that wait for a worker (`capacity`), including those whose client has left. */
  readonly queued: number;
  /** Requests that a worker took up after their client had left: work for nobody. */
  readonly wasted: number;
  /** Connections accepted. */
  readonly connections: number;
  /** Connections open now. */
  readonly openConnections: number;
  /** Requests by path, without query. */
  readonly byPath: Readonly<Record<string, number>>;
  /** Answers begun, by status. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests by how they ended. */
  readonly outcomes: Readonly<Record<UpstreamOutcome, number>>;
}

/** The counters behind {@link UpstreamStats}. */
export class UpstreamCounts {
  requests = 0;
  inFlight = 0;
  connections = 0;
  wasted = 0;
  #maxInFlight = 0;
  readonly #byPath = new Map<string, number>();
  readonly #byStatus = new Map<string, number>();
  readonly #outcomes: Record<UpstreamOutcome, number> = {
    answered: 0,
    failed: 0,
    shed: 0,
    hung: 0,
    reset: 0,
    closed: 0,
    truncated: 0,
    abandoned: 0,
  };

  /** Counts a request that arrives, and returns its number: 0 for the first. */
  arrive(path: string): number {
    this.#byPath.set(path, (this.#byPath.get(path) ?? 0) + 1);
    this.inFlight += 1;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.inFlight);
    this.requests += 1;
    return this.requests - 1;
  }

  status(status: number): void {
    const key = String(status);
    this.#byStatus.set(key, (this.#byStatus.get(key) ?? 0) + 1);
  }

  end(outcome: UpstreamOutcome): void {
    this.#outcomes[outcome] += 1;
    this.inFlight -= 1;
  }

  snapshot(queued: number, openConnections: number): UpstreamStats {
    return {
      requests: this.requests,
      inFlight: this.inFlight,
      maxInFlight: this.#maxInFlight,
      queued,
      wasted: this.wasted,
      connections: this.connections,
      openConnections,
      byPath: Object.fromEntries(this.#byPath),
      byStatus: Object.fromEntries(this.#byStatus),
      outcomes: { ...this.#outcomes },
    };
  }
}
