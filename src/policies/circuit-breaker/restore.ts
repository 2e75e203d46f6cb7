import type { IBreaker } from 'cockatiel';
import type { Clock } from '../../time/clock.js';
import type { Circuit } from './circuit.js';
import type { Judge } from './judge.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { circuitBreakerDefaults } from './options.js';
import type { CircuitBreakerSnapshot } from './snapshot.js';

/** The state of a circuit as plain JSON. */
export function takeSnapshot(
  circuit: Circuit,
  judge: Judge,
  breaker: IBreaker | undefined,
  clock: Clock,
): CircuitBreakerSnapshot {
  const now = clock.now();
  const wall = clock.wallNow();
  circuit.advance(now);
  judge.advance(now);
  const { total, failures, slow, consecutiveFailures } = judge.health;
  return {
    state: circuit.state,
    at: wall,
    ...(circuit.state === 'open' ? { openUntil: wall + circuit.openUntil - now } : {}),
    openings: circuit.openings,
    consecutiveFailures,
    window: { calls: total, failures, slow },
    ...(breaker === undefined ? {} : { breaker: structuredClone(breaker.state) }),
  };
}

/** Puts a fresh circuit into the state of a snapshot, as if the time since had passed here. */
export function restore(
  snapshot: CircuitBreakerSnapshot,
  circuit: Circuit,
  judge: Judge,
  breaker: IBreaker | undefined,
  clock: Clock,
  options: ResolvedCircuitBreaker,
): void {
  const now = clock.now();
  const wall = clock.wallNow();
  if (breaker !== undefined && snapshot.breaker !== undefined) {
    breaker.state = structuredClone(snapshot.breaker);
  }
  switch (snapshot.state) {
    case 'isolated':
      circuit.isolate();
      break;
    case 'open': {
      // A wall clock that was wrong then or is wrong now must not keep the breaker open for ever.
      const longest =
        options.maxOpenFor ?? Math.max(options.openFor, circuitBreakerDefaults.maxOpenFor);
      const left = Math.min(longest, Math.max(0, (snapshot.openUntil ?? wall) - wall));
      circuit.restoreOpen(now + left, snapshot.openings);
      break;
    }
    case 'half_open':
      circuit.restoreOpen(now, snapshot.openings);
      break;
    default:
      judge.restore(now - Math.max(0, wall - snapshot.at), snapshot);
  }
}
