import { diag } from '@opentelemetry/api';

/** Reports a fault of user code that must not disturb a call (a listener or a discard hook that threw). */
export function reportFault(what: string, error: unknown): void {
  try {
    diag.error(`holdfast: ${what} threw`, error);
  } catch {
    // Where the logger throws too, nobody is left to be told.
  }
}
