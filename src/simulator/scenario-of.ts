import { describe } from '../config/describe.js';
import { nearest } from '../config/nearest.js';
import { ConfigError } from '../errors.js';
import type { ResolvedScenario } from './scenario.js';
import { resolveScenario } from './scenario.js';
import { scenarios } from './scenarios.js';

/**
 * Finds a ready scenario by its name, or checks a document.
 *
 * @throws ConfigError that names the path of each mistake.
 */
export function scenarioOf(given: unknown): ResolvedScenario {
  if (typeof given !== 'string') return resolveScenario(given);
  const known: Readonly<Record<string, unknown>> = scenarios;
  if (Object.hasOwn(known, given)) return resolveScenario(known[given]);
  const names = Object.keys(known);
  const meant = nearest(given, names);
  const hint =
    meant === undefined ? `the names are ${names.join(', ')}` : `did you mean "${meant}"?`;
  const message = `no ready scenario is named ${describe(given)}; ${hint}`;
  throw new ConfigError(`scenario: ${message}`, { path: 'scenario', value: given });
}
