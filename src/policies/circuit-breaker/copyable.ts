import { ConfigError } from '../../errors.js';
import type { ResolvedCircuitBreaker } from './options.js';

/** @throws ConfigError when a breaker with these options cannot be copied for the keys of a keyed pipeline. */
export function assertCopyable({ breaker, initialState }: ResolvedCircuitBreaker): void {
  if (breaker !== undefined && typeof breaker !== 'function') {
    throw unshareable('breaker', 'one breaker of cockatiel', 'a function that makes one');
  }
  if (initialState !== undefined) {
    throw unshareable('initialState', 'one snapshot', 'it to a breaker without copies');
  }
}

function unshareable(option: string, one: string, remedy: string): ConfigError {
  const path = `circuitBreaker.${option}`;
  return new ConfigError(
    `${path}: ${one} cannot serve several copies of a pipeline; give ${remedy}`,
    { path, policy: 'circuitBreaker' },
  );
}
