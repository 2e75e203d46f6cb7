import type { Report } from './report.js';
import { mustBeReport } from './wrong-arguments.js';

/**
 * Writes a report as JSON. As JSON has neither Infinity nor NaN, a `recovery` that never comes is `"never"`, and a missing
 * figure is `null`.
 *
 * @throws ConfigError when it gets no report.
 */
export function toJson(report: Report): string {
  mustBeReport(report, 'toJson');
  const known = (_key: string, value: unknown): unknown => (value === Infinity ? 'never' : value);
  return JSON.stringify(report, known, 2);
}
