import type { Priority } from '../contract/call-traits.js';
import type { ToldOutcome } from '../contract/events.js';
import { errorTypeOf, OTHER_ERROR } from './error-type.js';
import type { AttemptKind, CountedOutcome } from './kinds.js';

/** Calls that ended alike. */
export interface CallCount {
  readonly outcome: CountedOutcome;
  readonly errorType: string | undefined;
  /** Those that called the operation once or not at all. */
  once: number;
  /** Those that called it more often. */
  retried: number;
}

/** Attempts that ended alike. */
export interface AttemptCount {
  readonly kind: AttemptKind;
  readonly outcome: ToldOutcome;
  count: number;
}

/** Refusals of one policy for one reason. */
export interface RejectionCount {
  /** Name of the policy in the pipeline. */
  readonly policy: string;
  readonly reason: string;
  /** The class that the calls say; `undefined` for those that say none. */
  readonly priority: Priority | undefined;
  /** Calls that were refused. */
  enforced: number;
  /** Calls that a dry run let in all the same. */
  waived: number;
}

/** Calls that reached the limit of one policy. */
export interface LimitCount {
  /** Name of the policy in the pipeline. */
  readonly policy: string;
  count: number;
}

/** How many different error types, and how many reasons, are counted. Further ones count as {@link OTHER_ERROR}. */
const MAX_WORDS = 30;

/**
 * The counters behind the metrics of a pipeline; all copies of a keyed one share them. Telemetry reads them when it collects.
 *
 * Each counter first compares with the last entry: in an outage, the same thing happens over and over.
 */
export class Tally {
  /** Calls whose first attempt succeeded with nothing else to count: one increment for the call and its attempt. */
  straight = 0;
  /** All other calls. */
  readonly calls: CallCount[] = [];
  /** All other attempts. */
  readonly attempts: AttemptCount[] = [];
  readonly rejections: RejectionCount[] = [];
  /** Calls that had to wait at a limit, or were refused there at once. */
  readonly limits: LimitCount[] = [];
  readonly #errorTypes = new Set<string>();
  /** Bounded apart from the error types, so that many kinds of errors do not hide the reasons of refusals. */
  readonly #reasons = new Set<string>();
  /** The last error type. */
  #lastWord: string | undefined;
  #lastCall: CallCount | undefined;
  #lastAttempt: AttemptCount | undefined;
  #lastRejection: RejectionCount | undefined;

  call(outcome: CountedOutcome, retried: boolean, error: unknown): void {
    const errorType = this.errorType(outcome, error);
    let last = this.#lastCall;
    if (last === undefined || last.outcome !== outcome || last.errorType !== errorType) {
      last = entryIn(
        this.calls,
        (each) => each.outcome === outcome && each.errorType === errorType,
        { outcome, errorType, once: 0, retried: 0 },
      );
      this.#lastCall = last;
    }
    if (retried) last.retried++;
    else last.once++;
  }

  attempt(kind: AttemptKind, outcome: ToldOutcome): void {
    let last = this.#lastAttempt;
    if (last === undefined || last.kind !== kind || last.outcome !== outcome) {
      last = entryIn(this.attempts, (each) => each.kind === kind && each.outcome === outcome, {
        kind,
        outcome,
        count: 0,
      });
      this.#lastAttempt = last;
    }
    last.count++;
  }

  rejection(policy: string, reason: string, enforced: boolean, priority?: Priority): void {
    let last = this.#lastRejection;
    const isLast = last?.policy === policy && last.reason === reason && last.priority === priority;
    if (last === undefined || !isLast) {
      const word = bounded(reason, this.#reasons);
      last = entryIn(
        this.rejections,
        (each) => each.policy === policy && each.reason === word && each.priority === priority,
        { policy, reason: word, priority, enforced: 0, waived: 0 },
      );
      this.#lastRejection = last;
    }
    if (enforced) last.enforced++;
    else last.waived++;
  }

  limitReached(policy: string): void {
    entryIn(this.limits, (each) => each.policy === policy, { policy, count: 0 }).count++;
  }

  /** The word for an error in telemetry; `undefined` for what ended well. */
  errorType(outcome: CountedOutcome, error: unknown): string | undefined {
    if (outcome === 'success' || outcome === 'fallback' || outcome === 'ignored') return undefined;
    const word = errorTypeOf(error);
    if (word === this.#lastWord) return word;
    this.#lastWord = bounded(word, this.#errorTypes);
    return this.#lastWord;
  }
}

/** The entry that is meant. `fresh` becomes it if there is none so far. */
function entryIn<E>(entries: E[], isMeant: (entry: E) => boolean, fresh: E): E {
  const known = entries.find(isMeant);
  if (known === undefined) entries.push(fresh);
  return known ?? fresh;
}

function bounded(word: string, known: Set<string>): string {
  if (known.has(word)) return word;
  if (known.size >= MAX_WORDS) return OTHER_ERROR;
  known.add(word);
  return word;
}
