/** The rules of a health report. They decide on measures alone: the files around them ask and collect. */
import type { PolicyMeasures } from '../pipeline/contract/measures.js';

/** How a dependency is: `down` takes no calls, `degraded` takes some, or many of them fail. */
export type HealthStatus = 'ok' | 'degraded' | 'down';

/** Why a dependency is not `ok`. */
export interface HealthReason {
  /** What this one makes of the dependency, or of its key. */
  readonly status: 'degraded' | 'down';
  /**
   * `circuit_open`, `circuit_isolated`, `circuit_half_open`: the state of a circuit breaker. `failing`: the share of calls that fail.
   * `limit_at_floor`: an adaptive limit is as low as it gets. `at_limit`: all slots of a limit are taken. `rate_limited`: a rate limiter has no permit left.
   * `throttled`: a throttle refuses calls. `ejected`: callers that balance over hosts leave this one out. `chaos`: a chaos policy is on. `draining`: no new calls are taken.
   */
  readonly reason:
    | 'circuit_open'
    | 'circuit_isolated'
    | 'circuit_half_open'
    | 'failing'
    | 'limit_at_floor'
    | 'at_limit'
    | 'rate_limited'
    | 'throttled'
    | 'ejected'
    | 'chaos'
    | 'draining';
  /** The policy whose state it is. */
  readonly policy?: string;
  /** The key, of a keyed pipeline or client. */
  readonly key?: string;
  /** The share of calls, 0..1, that fail or are refused: with `failing` and `throttled`. */
  readonly share?: number;
}

/** Fewer calls in a window say too little of the share that fails. */
export const MINIMUM_CALLS = 20;

/** The share of failing calls from which on a dependency is degraded. */
export const FAILING_SHARE = 0.2;

/** What one policy has against the health of its dependency: its worst reason, or `undefined`. */
export function complaintOf(
  measures: PolicyMeasures,
  enforced: boolean,
  failingShare: number,
): HealthReason | undefined {
  const { state, calls = 0, failures = 0, atFloor, limit = Infinity, inFlight = 0 } = measures;
  // In a dry run, nothing is refused. That it would be is worth knowing.
  const shut = enforced ? 'down' : 'degraded';
  const status = 'degraded';
  if (state === 'open' || state === 'isolated') return { status: shut, reason: `circuit_${state}` };
  if (state === 'half_open') return { status, reason: 'circuit_half_open' };
  if (measures.ejected) return { status: shut, reason: 'ejected' };
  const share = failures / calls;
  if (calls >= MINIMUM_CALLS && share >= failingShare) return { status, reason: 'failing', share };
  if (atFloor) return { status, reason: 'limit_at_floor' };
  if (inFlight >= limit) return { status, reason: 'at_limit' };
  if (measures.chaos?.active) return { status, reason: 'chaos' };
  if (measures.available === 0) return { status, reason: 'rate_limited' };
  const { rejectionProbability = 0 } = measures;
  if (rejectionProbability > 0) return { status, reason: 'throttled', share: rejectionProbability };
  return undefined;
}

/** How many pipelines are how. */
export type HealthCounts = Readonly<Record<HealthStatus, number>>;

/** The health of a dependency with these pipelines: it is down when all of them are. */
export function statusOf({ ok, degraded, down }: HealthCounts): HealthStatus {
  if (ok + degraded === 0 && down > 0) return 'down';
  return degraded + down > 0 ? 'degraded' : 'ok';
}

/** The worst of these; `ok` if there is nothing. */
export function worstOf(all: readonly { readonly status: HealthStatus }[]): HealthStatus {
  const has = (status: HealthStatus): boolean => all.some((each) => each.status === status);
  return has('down') ? 'down' : has('degraded') ? 'degraded' : 'ok';
}

/** The health of all dependencies together: down when a critical one is. */
export function overall(
  all: readonly { readonly status: HealthStatus; readonly critical: boolean }[],
): HealthStatus {
  const worst = worstOf(all.filter(({ critical }) => critical));
  return worst === 'down' || worstOf(all) === 'ok' ? worst : 'degraded';
}
