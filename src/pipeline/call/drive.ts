import type { Context } from '../contract/context.js';
import type { Call, Drive, NextOptions } from '../contract/policy.js';
import type { Outcome } from '../outcome/outcome.js';
import { failure, isOutcome } from '../outcome/outcome.js';
import type { AttemptKind } from '../reporting/kinds.js';
import { Attempt } from './attempt.js';
import { discardWith } from './discard.js';
import type { Host } from './host.js';
import { brokenContract } from './own-errors.js';

/** What a driver's hold needs of the pass that it holds. */
export interface Drivable {
  /** Runs the layers inside `layer` once more. */
  again(layer: number, kind: AttemptKind, options: NextOptions | undefined): Promise<Outcome>;
  giveUpRuns(reason: unknown, expired: boolean): void;
  /** Aborts what the last attempt that failed may have left running. */
  abortFailed(): void;
  /** A fallback has answered. */
  degraded(): void;
}

function contextOf(call: Call): Attempt {
  const context = new Attempt(call);
  context.attempt = call.attempts;
  return context;
}

/** The reason given to runs and attempts in whose place another one comes. */
export const SUPERSEDED = new DOMException('Another attempt took its place', 'AbortError');

const YES = Promise.resolve(true);
const NO = Promise.resolve(false);

/** One driver's hold on one call, from `Driver.drive` to the end of its promise or of the call. */
export class DriveHold implements Drive {
  readonly call: Call;
  ended = false;
  /** The driver's own layer. */
  readonly layer: number;
  readonly #pass: Drivable;
  readonly #host: Host;
  #kind: AttemptKind;
  #reason: unknown;
  /** The time of the run is over: see {@link DriveHold.tell}. */
  #over = false;
  #context: Attempt | undefined;
  #sleepers: Map<unknown, (slept: boolean) => void> | undefined;

  constructor(call: Call, pass: Drivable, host: Host, layer: number, kind: AttemptKind) {
    this.call = call;
    this.#pass = pass;
    this.#host = host;
    this.layer = layer;
    this.#kind = kind;
  }

  /** Lets the driver drive. `done` gets its outcome, unless the call is given up before. */
  run(drive: () => Outcome | Promise<Outcome>, done: (outcome: Outcome) => void): void {
    let answer: Outcome | Promise<Outcome>;
    try {
      answer = this.call.within(drive);
    } catch (error) {
      answer = failure(error);
    }
    if (isOutcome(answer)) {
      this.#answered(answer, done);
    } else {
      Promise.resolve(answer).then(
        (outcome: unknown) => this.#answered(outcome, done),
        (error: unknown) => this.#answered(failure(error), done),
      );
    }
  }

  #answered(answer: unknown, done: (outcome: Outcome) => void): void {
    if (!this.ended) {
      done(
        isOutcome(answer)
          ? answer
          : failure(brokenContract('drive', answer, this.#host, this.call.policy)),
      );
    } else if (isOutcome(answer) && answer.kind === 'success') {
      discardWith(this.#host.discard, answer.value);
    }
  }

  get context(): Context {
    this.#context ??= contextOf(this.call);
    return this.#context;
  }

  next(options?: NextOptions): Promise<Outcome> {
    const kind = options?.kind ?? this.#kind;
    if (!this.ended && kind === 'retry') this.#pass.abortFailed();
    if (this.ended || this.#over) return Promise.resolve(failure(this.#reason, 'cancelled'));
    this.#kind = 'retry';
    return this.#pass.again(this.layer, kind, options);
  }

  sleep(delayMs: number): Promise<boolean> {
    if (this.ended || this.#over) return NO;
    if (delayMs <= 0) return YES;
    return new Promise((resolve) => {
      const timer = this.#host.time.clock.setTimer(() => {
        this.#sleepers?.delete(timer);
        resolve(true);
      }, delayMs);
      this.addSleeper(timer, resolve);
    });
  }

  /** Clears the timer, and calls `wake`, when the call is given up before the timer fires. */
  addSleeper(timer: unknown, wake: (slept: boolean) => void): void {
    this.#sleepers ??= new Map();
    this.#sleepers.set(timer, wake);
  }

  discard(outcome: Outcome): void {
    if (outcome.kind !== 'success') return;
    discardWith(this.#host.discard, outcome.value);
    if (!this.ended && this.call.listening) {
      this.call.emit({ type: 'discard', value: outcome.value });
    }
  }

  degraded(): void {
    if (!this.ended) this.#pass.degraded();
  }

  /** The call was given up; `expired`: because a time is over. */
  giveUp(reason: unknown, expired: boolean): void {
    if (this.ended) return;
    this.end(reason, expired);
    this.#context?.abort(reason);
  }

  /** The time of the run is over: nothing more is started or waited for, and the driver answers what it has. */
  tell(reason: unknown): void {
    if (this.ended) return;
    this.#over = true;
    this.#reason = reason;
    this.#wakeSleepers();
    this.#context?.abort(reason);
  }

  /** Ends the hold: sleepers wake, and runs that are still under way are given up. */
  end(reason: unknown, expired = false): void {
    this.ended = true;
    this.#reason = reason;
    this.#wakeSleepers();
    this.#pass.giveUpRuns(reason, expired);
    this.#context?.detach();
  }

  #wakeSleepers(): void {
    if (this.#sleepers === undefined) return;
    for (const [timer, wake] of this.#sleepers) {
      this.#host.time.clock.clearTimer(timer);
      wake(false);
    }
    this.#sleepers.clear();
  }
}
