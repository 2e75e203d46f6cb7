import { ResilienceError } from '../errors.js';
import type { ServiceCallFacts } from './errors.js';

/**
 * Writes on the error of a call which operation of which service it is about. Errors of holdfast show the path as it was declared, since
 * the values in it may be personal data.
 */
export function nameCall(error: unknown, { service, operation, url }: ServiceCallFacts): void {
  if (!(error instanceof Error)) return;
  const fields = error as { service?: unknown; operation?: unknown; url?: unknown };
  try {
    if (fields.service === undefined && fields.operation === undefined) {
      Object.assign(fields, { service, operation });
      if (error instanceof ResilienceError && error.pipeline === service) error.url = url;
    }
  } catch {
    // A frozen error stays as it is.
  }
}
