import { provide } from './loading.js';
import { reporting } from './reporting.js';

/** Hands over the reporting at once, so that no call waits for it. In virtual time it would otherwise come at a different moment each time. */
export function tellAtOnce(): void {
  provide(reporting);
}

// Whoever imports this file has loaded the reporting anyway.
tellAtOnce();
