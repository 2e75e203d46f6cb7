import type { Attributes } from '@opentelemetry/api';

/** A text that is the same for the same attributes, whatever their order. */
export function idOf(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
