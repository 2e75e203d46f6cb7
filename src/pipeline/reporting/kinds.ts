/** The words for calls and attempts in counters, events and telemetry. */
import type { ToldOutcome } from '../contract/events.js';

/** What counts as one call's end in telemetry */
export type CallOutcome = ToldOutcome | 'fallback';

/** What calls are counted as: a call whose answer's body failed is counted once more. */
export type CountedOutcome = CallOutcome | 'body_failure';

/** What made an attempt happen. */
export type AttemptKind = 'first' | 'retry' | 'hedge';
