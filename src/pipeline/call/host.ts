import type { TimeSource } from '../../time/time-source.js';
import type { Discard, ErrorTypeOf, StatusOf } from '../options/hooks.js';
import type { FailureRule, SureSuccess } from '../outcome/failure-rule.js';
import type { Plan } from '../plan.js';
import type { Hub } from '../reporting/hub.js';
import type { CallObserver } from '../reporting/observer.js';
import type { Tally } from '../reporting/tally.js';

/** The pipeline as the calls in it see it: its name, clock, counters, listeners and hooks. `Pipeline` is one. */
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
  readonly kept: unknown[] | undefined;
  keep(): unknown[];
  /** Set once it drains. */
  readonly closing: { check(): void } | undefined;
  /** Watches the calls; `undefined` without telemetry. */
  readonly observer: CallObserver | undefined;
  readonly captureStack: boolean;
  readonly discard: Discard | undefined;
  /** What says which outcomes are failures; `undefined` where the defaults do. */
  readonly failureRule: FailureRule | undefined;
  /** Whether results can be failures, and which are. */
  readonly errorTypeOf: ErrorTypeOf | undefined;
  /** Where results can be failures: which are certainly none, if that can be told. */
  readonly sureSuccess: SureSuccess | undefined;
  /** Finds the status that events show. */
  readonly statusOf: StatusOf | undefined;
  /** Reports what happens in policies outside any call. */
  subscribe(): void;
}
