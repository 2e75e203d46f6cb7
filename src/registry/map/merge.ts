import type { HealthStatus } from '../health.js';
import type { MapEdge, MapState } from './service-map.js';

const STATES: readonly MapState[] = ['closed', 'half_open', 'open', 'isolated'];
const STATUSES: readonly HealthStatus[] = ['ok', 'degraded', 'down'];

const last = <T>(order: readonly T[], among: readonly (T | undefined)[]): T | undefined =>
  order.filter((each) => among.includes(each)).at(-1);

/** The worst of these. */
export const worst = {
  state: (states: readonly (MapState | undefined)[]) => last(STATES, states),
  status: (statuses: readonly HealthStatus[]) => last(STATUSES, statuses) ?? 'ok',
};

/** How bad an edge is: 0 for one that is well. */
export function badness({ status }: MapEdge): number {
  return STATUSES.indexOf(status);
}

/** Sums up two edges. A sum is known as far as one of its parts is. */
export function merged(a: MapEdge, b: MapEdge): MapEdge {
  const both = [a, b];
  const rate = sum(both.map((each) => each.rate));
  const share = (of: 'errorShare' | 'refusedShare'): number | undefined => {
    const calls = sum(both.map((each) => each[of] && each[of] * (each.rate ?? 0)));
    return calls && rate ? calls / rate : calls;
  };
  return {
    ...a,
    critical: a.critical || b.critical,
    state: worst.state([a.state, b.state]),
    status: worst.status([a.status, b.status]),
    reasons: [...new Set([...a.reasons, ...b.reasons])],
    inFlight: Math.min(Number.MAX_VALUE, a.inFlight + b.inFlight),
    rate,
    errorShare: share('errorShare'),
    refusedShare: share('refusedShare'),
    // No percentile of all calls is higher than the highest of its parts.
    p99Ms: a.p99Ms && b.p99Ms ? Math.max(a.p99Ms, b.p99Ms) : (a.p99Ms ?? b.p99Ms),
  };
}

function sum(parts: readonly (number | undefined)[]): number | undefined {
  return parts.reduce(
    // A sum stays a number of JSON, whatever other services say.
    (all, each) => (all === undefined ? each : Math.min(Number.MAX_VALUE, all + (each ?? 0))),
    undefined,
  );
}
