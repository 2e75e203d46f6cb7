import type { TimeSource } from '../../time/time-source.js';
import type { Closing } from '../lifecycle/closing.js';
import type { FailureRule } from '../outcome/failure-rule.js';
import type { Plan } from '../plan.js';
import type { Hub, ToldOutcome } from '../reporting/events.js';
import type { CallObserver } from '../reporting/observer.js';
import type { Tally } from '../reporting/tally.js';

/** What counts as one call's end in telemetry */
export type CallOutcome = ToldOutcome | 'fallback';

/** What calls are counted as: a call whose answer's body failed is counted once more. */
export type CountedOutcome = CallOutcome | 'body_failure';

/** What made an attempt happen. */
export type AttemptKind = 'first' | 'retry' | 'hedge';

/** The word for a result that is a failure though nothing was thrown; `undefined` for any other. */
export type ErrorTypeOf = (result: unknown) => string | undefined;

/** The status that a result or an error carries, such as that of an HTTP response; `undefined` where there is none. */
export type StatusOf = (resultOrError: unknown) => number | undefined;

/** Takes a value that nobody will receive, so that what it holds can be released. */
// The type of a method: like a `Handle`, it may name the type of the results.
export type Discard = { discard(value: unknown): unknown }['discard'];

/** What a running call needs of its pipeline. */
export interface Host {
  readonly name: string;
  /** Which copy of a keyed pipeline this is. */
  readonly key: string | undefined;
  /** As errors show it. */
  readonly publicKey: string | undefined;
  /** What messages call it. */
  readonly label: string;
  /** Calls that have started and not settled. */
  inFlight: number;
  readonly time: TimeSource;
  readonly hub: Hub;
  readonly tally: Tally;
  readonly plan: Plan;
  /** Set once it drains. */
  readonly closing: Closing | undefined;
  /** Watches the calls; `undefined` without telemetry. */
  readonly observer: CallObserver | undefined;
  readonly captureStack: boolean;
  readonly discard: Discard | undefined;
  /** What says which outcomes are failures; `undefined` where the defaults do. */
  readonly failureRule: FailureRule | undefined;
  /** Whether results can be failures, and which are. */
  readonly errorTypeOf: ErrorTypeOf | undefined;
  /** Finds the status that events show. */
  readonly statusOf: StatusOf | undefined;
  /** Reports what happens in policies outside any call. */
  subscribe(): void;
}
