/** The words for calls and attempts in counters, events and telemetry. */
import type { ToldOutcome } from '../contract/events.js';

/** How a call ended, as telemetry counts it. */
export type CallOutcome = ToldOutcome | 'fallback';

/** The same, and `body_failure`: a call whose response body failed later is counted once more. */
export type CountedOutcome = CallOutcome | 'body_failure';

/** Why an attempt was made. */
export type AttemptKind = 'first' | 'retry' | 'hedge';
