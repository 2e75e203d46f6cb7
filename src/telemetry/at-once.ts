import { provide } from './loading.js';
import { reporting } from './reporting.js';

/** Hands over what tells of calls, so that none waits for it: in virtual time it would come at some other moment each time. */
export function tellAtOnce(): void {
  provide(reporting);
}

// Whoever imports this has loaded it anyway.
tellAtOnce();
