import { isRejectedError } from '../../error-kinds.js';
import { SUPERSEDED } from '../../pipeline/call/drive.js';
import type { HedgeStop } from '../../pipeline/contract/events.js';
import type { Drive } from '../../pipeline/contract/policy.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Deadline, DeadlineQueue } from '../../time/deadline-queue.js';

/** The policy behind the races, as they see it. */
export interface Hedging {
  readonly maxHedges: number;
  /** Whether the call goes on after this outcome while another attempt is under way. */
  handles(outcome: Outcome): boolean;
  /** Where the waits of this call's delay are. */
  queue(): DeadlineQueue;
  /** Takes a hedge out of the budget, if there is time for one. Else says what forbids it. */
  take(nowMs: number): HedgeStop | undefined;
  /** A hedge that was taken was not made. */
  putBack(): void;
  /** A first attempt has taken the delay. */
  late(): void;
  /** A call that was hedged has ended; `won`: with the answer to a hedge. */
  told(won: boolean): void;
  /** A first attempt has begun. */
  begun(): void;
  /** It has ended, or was given up. `lost`: as a failure. */
  learn(durationMs: number, outcome: Outcome, lost: boolean, wasLate: boolean): void;
  readonly onKept: ((outcome: Outcome) => void) | undefined;
}

/** One attempt in a race. */
interface Runner {
  readonly isFirst: boolean;
  /** When the operation was called. */
  startedAt: number | undefined;
}

/** The attempts of one call beside each other. The first acceptable outcome wins, and what is late goes to the discard hook. */
export class Race {
  readonly #drive: Drive;
  readonly #hedging: Hedging;
  readonly #answer: (outcome: Outcome) => void;
  readonly #fail: (error: unknown) => void;
  #running = 0;
  #hedges = 0;
  #over = false;
  #isLate = false;
  /** A hedge has called the operation. */
  #made = false;
  /** The outcome of the first attempt, while others run that may bring a better one. */
  #kept: Outcome | undefined;
  #deadline: Deadline | undefined;

  private constructor(
    drive: Drive,
    hedging: Hedging,
    answer: (outcome: Outcome) => void,
    fail: (error: unknown) => void,
  ) {
    this.#drive = drive;
    this.#hedging = hedging;
    this.#answer = answer;
    this.#fail = fail;
  }

  /** Runs it. Answers the outcome that wins. */
  static run(drive: Drive, hedging: Hedging): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      new Race(drive, hedging, resolve, reject).#start(true);
    });
  }

  #start(isFirst: boolean): void {
    const runner: Runner = { isFirst, startedAt: undefined };
    this.#running++;
    const onStart = (): void => {
      runner.startedAt = this.#drive.call.time.now();
      if (isFirst) this.#hedging.begun();
      else this.#made = true;
      this.#wait();
    };
    const waits = isFirst ? undefined : new AbortController();
    this.#drive
      .next(isFirst ? { onStart } : { onStart, kind: 'hedge', signal: waits?.signal })
      .then((outcome) => this.#ended(runner, outcome))
      .catch(this.#fail);
    // It would help nobody in a queue, and take the place of a first attempt.
    if (runner.startedAt === undefined) waits?.abort(SUPERSEDED);
  }

  /** Waits for the delay, from the start of an operation on. A call that waits to be let in would wait twice with a hedge. */
  #wait(): void {
    if (this.#over || this.#hedges >= this.#hedging.maxHedges) return;
    const queue = this.#hedging.queue();
    this.#waitIn(queue, this.#drive.call.time.now(), queue.durationMs);
  }

  #waitIn(queue: DeadlineQueue, since: number, delayMs: number): void {
    // The timer is another call's. By a promise the hedge starts in the async context of this one.
    new Promise<void>((resolve) => {
      this.#deadline = queue.add({ onDeadline: () => resolve() }, this, 0);
    })
      .then(() => this.#hedge(since, delayMs))
      .catch(this.#fail);
  }

  #hedge(since: number, delayMs: number): void {
    const { call, ended } = this.#drive;
    if (this.#over || ended || call.alone) return;
    const { time } = call;
    const now = time.now();
    const missingMs = delayMs - time.elapsed(since, now);
    // A process that was busy had no time to notice an answer. A timer that comes a little early is no block.
    if (missingMs > 0 && now - since >= delayMs) {
      this.#waitIn(time.deadlines(Math.ceil(missingMs)), since, delayMs);
      return;
    }
    if (!this.#isLate) {
      this.#isLate = true;
      this.#hedging.late();
    }
    const stop = this.#hedging.take(now);
    if (stop !== undefined) {
      this.#stop(stop);
      return;
    }
    this.#hedges++;
    if (call.listening) {
      call.emit({ type: 'hedge', attempt: call.attempts + 1, delayMs });
      // A listener may have ended the call.
      if (this.#drive.ended) {
        this.#hedging.putBack();
        return;
      }
    }
    this.#start(false);
  }

  #ended({ isFirst, startedAt }: Runner, outcome: Outcome): void {
    const drive = this.#drive;
    this.#running--;
    const isRefused = startedAt === undefined && !isFirst;
    if (isRefused) this.#hedging.putBack();

    const isLate = this.#over || drive.ended;
    const lost = !isLate && (isRefused || this.#loses(outcome));
    if (isFirst && startedAt !== undefined) {
      const { time } = drive.call;
      const tookMs = time.elapsed(startedAt, time.now());
      this.#hedging.learn(tookMs, outcome, lost, this.#isLate);
    }
    if (this.#over) drive.discard(outcome);
    // User's functions may have ended the call.
    else if (!lost || drive.ended) {
      if (this.#made) this.#hedging.told(!isFirst && !drive.ended);
      this.#win(outcome);
    } else if (this.#running > 0) {
      if (isRefused) this.#stop(outcome.kind === 'cancelled' ? 'queued' : 'rejected', outcome);
      if (isFirst) this.#keep(outcome);
      else drive.discard(outcome);
    } else {
      this.#win(this.#kept ?? outcome, outcome);
    }
  }

  /** Whether a better outcome is waited for. */
  #loses(outcome: Outcome): boolean {
    try {
      return outcome.kind === 'rejected' || this.#hedging.handles(outcome);
    } catch (error) {
      this.#drive.discard(outcome);
      this.#end();
      throw error;
    }
  }

  #keep(outcome: Outcome): void {
    this.#kept = outcome;
    this.#hedging.onKept?.(outcome);
  }

  /** The call ends with this outcome, in place of the one that came last. */
  #win(outcome: Outcome, last: Outcome = outcome): void {
    if (last !== outcome) this.#drive.discard(last);
    if (this.#kept === outcome) this.#kept = undefined;
    this.#end();
    this.#answer(outcome);
  }

  #end(): void {
    this.#over = true;
    this.#deadline?.queue.remove(this.#deadline);
    if (this.#kept !== undefined) this.#drive.discard(this.#kept);
  }

  /** No more hedges of this call. */
  #stop(reason: HedgeStop, refusal?: Outcome): void {
    this.#hedges = Infinity;
    const { call } = this.#drive;
    if (!call.listening) return;
    const error = refusal?.kind === 'rejected' ? refusal.error : undefined;
    const by = isRejectedError(error) ? error.policy : undefined;
    call.emit({ type: 'hedge_stopped', reason, by, attempts: call.attempts });
  }
}
