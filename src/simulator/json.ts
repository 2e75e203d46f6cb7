import type { Report } from './report.js';

/**
 * Writes a report as JSON. As JSON has neither Infinity nor NaN, a `recovery` that never comes is `"never"`, and a missing
 * figure is `null`.
 */
export function toJson(report: Report): string {
  const known = (_key: string, value: unknown): unknown => (value === Infinity ? 'never' : value);
  return JSON.stringify(report, known, 2);
}
