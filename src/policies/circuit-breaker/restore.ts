import type { IBreaker } from 'cockatiel';
import { ConfigError } from '../../errors.js';
import type { Clock } from '../../time/clock.js';
import { causeFrom, recordOf } from './cause.js';
import type { Circuit } from './circuit.js';
import type { Judge } from './judge.js';
import { longestAsked } from './open-duration.js';
import type { ResolvedCircuitBreaker } from './options.js';
import type { CircuitBreakerSnapshot } from './snapshot.js';

/** The state of a circuit as plain JSON, as of `now`. The circuit has already been moved on to that time. */
export function takeSnapshot(
  circuit: Circuit,
  judge: Judge,
  breaker: IBreaker | undefined,
  now: number,
  wall: number,
): CircuitBreakerSnapshot {
  judge.advance(now);
  const { total, failures, slow, consecutiveFailures } = judge.health;
  const known = breaker?.state;
  const { failingSince } = judge;
  const { ramp, cause, probesInFlight } = circuit;
  return {
    state: circuit.state,
    at: wall,
    ...(circuit.state === 'open' ? { openUntil: wall + circuit.openUntil - now } : {}),
    openings: circuit.openings,
    consecutiveFailures,
    ...(failingSince === undefined ? {} : { failingSince: wall + failingSince - now }),
    ...(cause === undefined
      ? {}
      : { cause: { ...recordOf(cause), at: wall + circuit.causeAt - now } }),
    ...(probesInFlight === undefined ? {} : { probesInFlight }),
    ...(ramp === undefined
      ? {}
      : {
          ramp: {
            until: wall + ramp.endsAt - now,
            share: ramp.share(now),
            calls: ramp.calls,
            failures: ramp.failures,
          },
        }),
    window: { calls: total, failures, slow },
    ...(known === undefined ? {} : { breaker: copy(known) }),
  };
}

/**
 * Puts a fresh circuit into the state of a snapshot, as far as that needs no clock.
 *
 * @throws ConfigError when the snapshot does not fit the cockatiel breaker.
 */
export function restoreAtOnce(
  snapshot: CircuitBreakerSnapshot,
  circuit: Circuit,
  breaker: IBreaker | undefined,
): void {
  const { state, breaker: known } = snapshot;
  if (known !== undefined) {
    const fault = misfit(known, breaker);
    if (fault !== undefined) {
      const path = 'circuitBreaker.initialState.breaker';
      throw new ConfigError(`${path}: ${fault}`, { path, value: known, policy: 'circuitBreaker' });
    }
    (breaker as IBreaker).state = copy(known);
  }
  if (state === 'isolated') circuit.restoreIsolated(snapshot.openings);
}

/** Puts a fresh circuit into the state of a snapshot, as if the time since had passed here. */
export function restore(
  snapshot: CircuitBreakerSnapshot,
  circuit: Circuit,
  judge: Judge,
  clock: Clock,
  options: ResolvedCircuitBreaker,
): void {
  const now = clock.now();
  const wall = clock.wallNow();
  const { state, at, openUntil = wall, openings, failingSince = at, cause, ramp } = snapshot;
  /** What the clock showed at a wall time that is past. */
  const then = (past: number) => now - Math.max(0, wall - past);
  if (state === 'closed') {
    const { rampFor } = options;
    const left = ramp === undefined ? 0 : Math.min(rampFor, ramp.until - wall);
    if (ramp !== undefined && left > 0) circuit.restoreRamp(now + left - rampFor, openings, ramp);
    judge.restore(then(at), snapshot, then(failingSince));
    if (snapshot.consecutiveFailures > 0) circuit.step(circuit.stamp, true);
    return;
  }
  // A wall clock that was wrong then, or is wrong now, must not keep the breaker open for ever.
  const { maxOpenFor } = options;
  // With a user's `openFor` there is no longest stay, except the one that was left then.
  const longest = maxOpenFor === undefined ? openUntil - at : longestAsked(maxOpenFor);
  const left = Math.min(longest, Math.max(0, openUntil - wall));
  circuit.restoreOpen(now, state === 'open' ? left : 0, openings);
  if (cause !== undefined) circuit.restoreCause(causeFrom(cause), then(cause.at));
}

/** Plain JSON that shares nothing with the value. Some breakers return the objects they work with. */
function copy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/**
 * What is wrong with a state for a breaker. Breakers assign a given state to themselves. So a foreign state could
 * switch them off, and a forged one could replace their methods.
 */
function misfit(known: unknown, breaker: IBreaker | undefined): string | undefined {
  if (breaker === undefined) return 'has no effect without breaker';
  const own: unknown = breaker.state;
  if (own !== undefined && kindOf(own) !== kindOf(known)) {
    return `does not fit the breaker, whose state is ${kindOf(own)}`;
  }
  if (typeof known !== 'object' || known === null) return undefined;
  for (const [key, value] of Object.entries(known)) {
    if (key === '__proto__' || typeof Reflect.get(breaker, key) === 'function') {
      return `must not replace ${JSON.stringify(key)} of the breaker`;
    }
    const before: unknown = Object(own)[key];
    if (before !== undefined && before !== null && kindOf(before) !== kindOf(value)) {
      return `does not fit the breaker: ${JSON.stringify(key)} is to be ${kindOf(before)}`;
    }
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
