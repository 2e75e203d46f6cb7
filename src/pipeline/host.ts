import type { TimeSource } from '../time/time-source.js';
import type { Hub } from './events.js';
import type { OutcomeKind } from './outcome.js';
import type { Plan } from './plan.js';

/** What counts as one call's end in telemetry. */
export type CallOutcome = OutcomeKind | 'fallback';

/** What made an attempt happen. */
export type AttemptKind = 'first' | 'retry' | 'hedge';

/** Plain integers that calls leave behind; telemetry reads them when it collects. */
export class Tally {
  /** Calls that succeeded at the first attempt, by far the most: the one increment of a successful call. */
  straight = 0;
  /** All other calls, by outcome and by whether they took more than one attempt. */
  readonly calls = new Map<CallOutcome, { once: number; retried: number }>();
  /** First attempts that succeeded. */
  firstSuccesses = 0;
  /** All other attempts. */
  readonly attempts = new Map<AttemptKind, Map<OutcomeKind, number>>();

  call(outcome: CallOutcome, retried: boolean): void {
    let counts = this.calls.get(outcome);
    if (counts === undefined) {
      counts = { once: 0, retried: 0 };
      this.calls.set(outcome, counts);
    }
    if (retried) counts.retried++;
    else counts.once++;
  }

  attempt(kind: AttemptKind, outcome: OutcomeKind): void {
    let counts = this.attempts.get(kind);
    if (counts === undefined) {
      counts = new Map();
      this.attempts.set(kind, counts);
    }
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
}

/** Takes a value that nobody will receive, so that what it holds can be released. */
export type Discard = (value: unknown) => unknown;

/** What a running call needs of its pipeline. */
export interface Host {
  readonly name: string;
  /** Which copy of a keyed pipeline this is. */
  readonly key: string | undefined;
  /** Calls that have started and not settled. */
  inFlight: number;
  readonly time: TimeSource;
  readonly hub: Hub;
  readonly tally: Tally;
  readonly plan: Plan;
  readonly captureStack: boolean;
  readonly discard: Discard | undefined;
}
