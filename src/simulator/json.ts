import type { Report } from './report.js';

/**
 * A report as JSON, which knows neither Infinity nor NaN: a `recovery` that never comes is `"never"`, and what there is
 * none of is `null`.
 */
export function toJson(report: Report): string {
  const known = (_key: string, value: unknown): unknown => (value === Infinity ? 'never' : value);
  return JSON.stringify(report, known, 2);
}
