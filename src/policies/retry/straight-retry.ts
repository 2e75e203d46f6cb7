import { isTimeoutError } from '../../error-kinds.js';
import type { Drive } from '../../pipeline/contract/drive.js';
import type { RetryStop } from '../../pipeline/contract/events.js';
import type {
  BegunRun,
  StraightEnd,
  StraightEntrant,
  StraightHalf,
  StraightPlace,
  StraightRerun,
} from '../../pipeline/contract/straight-half.js';
import type { Failure, Outcome } from '../../pipeline/outcome/outcome.js';
import { failure } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import { breaksContract, isUpstreamFailure } from '../filter.js';
import type { Delays } from './backoff.js';
import type { RetryRules } from './retry-rules.js';
import type { RetryRun } from './retry-run.js';

/** Goes on in the full engine with a call that was run again on the straight path. */
type Resume = (drive: Drive, run: RetryRun, begun: BegunRun) => Promise<Outcome>;

/** What all calls have in common that a retry runs again. */
interface Common {
  readonly rules: RetryRules;
  readonly maxRetries: number;
  readonly delays: Delays;
  readonly time: TimeSource;
  /** The deadlines that a call has outside the retry. */
  readonly deadlinesOf: readonly ((call: StraightEntrant) => number)[];
  readonly resume: Resume;
}

/** The part of a retry that asks no user code on the straight path: it runs calls again after failures of the upstream. */
export function straightRetry(
  rules: RetryRules,
  maxRetries: number,
  { time, outside }: StraightPlace,
  resume: Resume,
): Pick<StraightHalf, 'fail' | 'rerun'> {
  const delays = rules.startDelays(neverAsked);
  const deadlinesOf = outside.flatMap(({ deadlineOf }) => deadlineOf ?? []);
  const common = { rules, maxRetries, delays, time, deadlinesOf, resume };
  return {
    fail: (_call, end) => !isTriedAgain(end as Outcome),
    rerun: (call, end) => new StraightRetry(common, call, end as Outcome),
  };
}

/** By default, no refusal is tried again. */
function isTriedAgain(outcome: Outcome): boolean {
  return isUpstreamFailure(outcome) && !breaksContract(outcome);
}

/** Only a user's own backoff wants the signal. */
function neverAsked(): never {
  throw new TypeError('retry: there is no signal on the straight path');
}

/** One call that is run again. */
class StraightRetry implements StraightRerun, RetryRun {
  retries = 0;
  delayMs = 0;
  answer: Outcome;
  last: Outcome;
  startedAt: number | undefined = undefined;
  readonly delays: Delays;
  readonly #common: Common;
  readonly #call: StraightEntrant;

  constructor(common: Common, call: StraightEntrant, first: Outcome) {
    this.#common = common;
    this.#call = call;
    this.delays = common.delays;
    this.answer = first;
    this.last = first;
  }

  stops(end: StraightEnd): RetryStop | undefined {
    const { rules, maxRetries, time } = this.#common;
    const { startedAt } = this;
    if (startedAt !== undefined && isTimeoutError(end.error)) rules.ranOut(startedAt, time);
    this.answer = end as Outcome;
    this.last = this.answer;
    this.startedAt = undefined;
    // Before the error is read, which may let passes take the call over with its deadlines.
    const deadline = this.#deadline;
    return rules.stops(this, maxRetries, time, () => deadline);
  }

  started(): void {
    this.startedAt = this.#common.time.now();
  }

  succeeded(): void {
    const { rules, time } = this.#common;
    rules.learn(this.startedAt as number, time);
  }

  resume(drive: Drive, begun: BegunRun): Promise<Outcome> {
    // The end of a run goes on changing while the call leaves its layers.
    const { kind, error } = this.answer as Failure;
    this.answer = failure(error, kind);
    this.last = this.answer;
    return this.#common.resume(drive, this, begun);
  }

  get #deadline(): number {
    let nearest = Infinity;
    for (const deadlineOf of this.#common.deadlinesOf) {
      nearest = Math.min(nearest, deadlineOf(this.#call));
    }
    return nearest;
  }
}
