/** Hands telemetry over as soon as it is imported: whoever imports this has loaded it anyway. */
import { provide } from './loading.js';
import { reporting } from './reporting.js';

provide(reporting);
