import { describe } from '../config/describe.js';
import { misuse } from '../pipeline/options/misuse.js';

/** @throws ConfigError when this is no object that has the property. */
function mustHave(property: string, value: unknown, path: string, says: string): void {
  if (typeof value === 'object' && value !== null && property in value) return;
  throw misuse(path, `${says} (got ${describe(value)})`, value);
}

/** @throws ConfigError when this is no report. */
export function mustBeReport(value: unknown, path: string): void {
  mustHave('arms', value, path, 'must be a report, as simulate() resolves with');
}

/** @throws ConfigError when this is no run. */
export function mustBeRun(value: unknown, path: string): void {
  mustHave('slices', value, path, 'must be what run() resolves with');
}

/** @throws ConfigError when this is no scenario that is ready to run. */
export function mustBeResolved(value: unknown, path: string): void {
  const says = 'must be a resolved scenario, such as resolveScenario(scenarios.slowdown)';
  mustHave('arrivals', value, path, says);
}
