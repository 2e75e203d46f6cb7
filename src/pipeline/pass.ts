import { RejectedError } from '../errors.js';
import { AbandonablePass } from './abandonable-pass.js';
import type { Delivery } from './call-state.js';
import type { Operation } from './context.js';
import { Attempt } from './context.js';
import type { Admission } from './contract.js';
import type { Detour } from './detour.js';
import { discardWith } from './discard.js';
import type { Drivable } from './drive.js';
import { DriveHold } from './drive.js';
import { followingOf } from './follow.js';
import type { AttemptKind, Host } from './host.js';
import type { Outcome } from './outcome.js';
import { failure, isOutcome, kindOfError, outcomeOf } from './outcome.js';
import type { Exit, Layer, Plan } from './plan.js';
import { adopted, atOnce, isNative, isThenable, settledResult } from './promises.js';

/**
 * One pass through the layers of a pipeline: in through the gates, the operation, and out again. The first pass of a
 * call starts at the outermost layer; each further attempt is a pass that starts inside the driver that wants it.
 *
 * A pass is the `Call` that policies see and, while it leaves, the `Outcome` too. Passes are pooled, together with the
 * two functions that a promise needs to report back, so that a successful call makes no closure. A pass returns to the
 * pool when it is done and nothing that it started still runs.
 *
 * A pass either has a promise of its own (`resolve`), which can be settled while the operation still runs, or is
 * carried by the promise derived from the operation's, which costs half as much: see `Plan.mayAbandon`.
 */
export class Pass extends AbandonablePass implements Drivable {
  protected override root: Pass = this;

  private readonly onValue = (value: unknown): unknown => {
    this.busy = false;
    if (this.phase !== 'running') return this.settledLate(value, true);
    this.kind = 'success';
    this.attempt.value = value;
    return this.leaveOperation();
  };

  private readonly onError = (error: unknown): unknown => {
    this.busy = false;
    if (this.phase !== 'running') return this.settledLate(error, false);
    this.fail(error);
    return this.leaveOperation();
  };

  private readonly onSettled = (answer: unknown): unknown => {
    // By now the pass may serve another call, unless it waits for this.
    if (answer !== WAKE) return answer;
    const promise = this.promise();
    this.leave(this.layer);
    return promise;
  };

  /** Runs a whole call and answers its promise. */
  static run(
    host: Host,
    operation: Operation,
    delivery: Delivery,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const pass = take(host.plan);
    pass.host = host;
    pass.layers = host.plan.layers;
    pass.delivery = delivery;
    pass.attempt = new Attempt(pass, operation);
    host.inFlight++;
    if (host.observer !== undefined) {
      const watch = host.observer.start(host);
      if (watch !== undefined) pass.watch = watch;
    }
    if (host.hub.routine || pass.watch !== undefined) pass.startedAt = host.time.now();
    if (signal !== undefined) return pass.start(signal);
    if (!host.plan.mayAbandon) return pass.enter(0) as Promise<unknown>;
    const promise = pass.promise();
    pass.enter(0);
    return promise;
  }

  /** Runs the layers inside `layer` once more, for the driver there. */
  again(layer: number, kind: AttemptKind, signal: AbortSignal | undefined): Promise<Outcome> {
    const pass = take(this.host.plan);
    pass.host = this.host;
    pass.layers = this.layers;
    pass.delivery = 'outcome';
    pass.attempt = new Attempt(pass, this.attempt.operation);
    pass.from = layer + 1;
    pass.root = this.root;
    const detour = pass.off();
    detour.parent = this;
    detour.attemptKind = kind;
    this.off().children.push(pass);
    // Whatever answered so far did not do: the call counts by what it ends with.
    if (this.root.detour !== undefined) this.root.detour.degraded = false;
    return pass.start(signal) as Promise<Outcome>;
  }

  /** Makes the pass's own promise. */
  private promise(): Promise<unknown> {
    this.owned = true;
    const promise = this.attempt.promise();
    return this.host.plan.mayWake ? promise.then(this.onSettled) : promise;
  }

  /** Starts with a promise of its own, given up when `signal` aborts. The signal is followed by hand: AbortSignal.any leaks. */
  private start(signal: AbortSignal | undefined): Promise<unknown> {
    const promise = this.promise();
    if (signal?.aborted === true) {
      this.end('cancelled', signal.reason);
      this.leave(this.from - 1);
      return promise;
    }
    // As in fetch, null is no signal.
    if (signal !== undefined && signal !== null) {
      if (typeof signal.addEventListener !== 'function') {
        this.fail(new TypeError('signal: must be an AbortSignal'));
        this.leave(this.from - 1);
        return promise;
      }
      const following = followingOf(signal);
      this.off().following = following;
      following.add(this);
    }
    this.enter(this.from);
    return promise;
  }

  /** Goes in from layer `i` on. A pass without a promise of its own answers one. */
  private enter(i: number): unknown {
    const { layers } = this;
    this.phase = 'entering';
    let admission: Admission | Promise<Admission>;
    try {
      for (; i < layers.length; i++) {
        const layer = layers[i] as Layer;
        this.layer = i;
        if (layer.enter !== undefined) {
          this.state = undefined;
          admission = layer.enter.call(layer.gate, this);
          this.states[i] = this.state;
          if (admission !== undefined) break;
        } else if (layer.begin !== undefined) {
          layer.begin.call(layer.driver, this);
        } else if (layer.active) {
          break;
        }
      }
    } catch (error) {
      if (this.detour?.interruption !== undefined) return this.interrupted(i - 1);
      this.fail(error);
      return this.leaveAtOnce(i - 1);
    }
    if (admission !== undefined && !(admission instanceof RejectedError)) {
      if (isThenable(admission)) return this.wait(i, admission);
      this.fail(this.broken('enter', admission));
      return this.leaveAtOnce(i - 1);
    }
    if (this.detour?.interruption !== undefined) return this.interrupted(i - 1);
    if (i === layers.length) return this.operate();
    return admission === undefined ? this.drive(i, undefined) : this.refuse(i, admission);
  }

  private refuse(i: number, error: RejectedError): unknown {
    this.signed(error, this.policy);
    this.host.tally.rejection(i, error.reason, true);
    if (this.listening) {
      this.emit({
        type: 'rejection',
        reason: error.reason,
        enforced: true,
        retryAfter: error.retryAfter,
      });
    }
    this.end('rejected', error);
    return this.leaveAtOnce(i - 1);
  }

  private wait(i: number, admission: PromiseLike<Admission>): unknown {
    const detour = this.off();
    this.phase = 'waiting';
    detour.waiting = true;
    const derived = Promise.resolve(admission).then(
      (answer) => this.admitted(i, answer, undefined),
      (error: unknown) => this.admitted(i, undefined, { error }),
    );
    if (detour.interruption !== undefined) {
      const { layer, kind, error } = detour.interruption;
      detour.interruption = undefined;
      this.giveUp(layer, kind, error);
    }
    return derived;
  }

  private admitted(i: number, answer: Admission, thrown: { error: unknown } | undefined): unknown {
    const detour = this.detour as Detour;
    detour.waiting = false;
    if (this.phase !== 'waiting') {
      if (answer === undefined && thrown === undefined) {
        const outcome = outcomeOf('cancelled', undefined, detour.leftFor);
        if (this.exitLate([{ layer: i, state: this.states[i], outcome }])) return undefined;
      }
      this.release();
      return undefined;
    }
    this.phase = 'entering';
    if (thrown !== undefined) {
      this.fail(thrown.error);
      return this.leaveAtOnce(i - 1);
    }
    if (answer === undefined) return this.enter(i + 1);
    if (answer instanceof RejectedError) return this.refuse(i, answer);
    this.fail(this.broken('enter', answer));
    return this.leaveAtOnce(i - 1);
  }

  private operate(): unknown {
    const { attempt } = this;
    attempt.attempt = ++this.root.runs;
    this.phase = 'running';
    this.busy = true;
    let result: unknown;
    try {
      const { operation } = attempt;
      const { watch } = this.root;
      result = watch === undefined ? operation(attempt) : watch.operate(operation, attempt);
      if (isNative(result)) return result.then(this.onValue, this.onError);
    } catch (error) {
      return this.owned ? this.onError(error) : atOnce(this.onError, error);
    }
    if (isThenable(result)) return adopted(result).then(this.onValue, this.onError);
    return this.owned ? this.onValue(result) : atOnce(this.onValue, result);
  }

  /** The operation ended in time. */
  private leaveOperation(): unknown {
    const { host } = this;
    const { straight } = host.plan;
    if (straight !== undefined && this.detour === undefined && this.kind === 'success') {
      if (!host.hub.routine && this.watch?.attempts !== true) return this.leaveStraight(straight);
    }
    if (this.kind === 'success' && this === this.root) host.tally.firstSuccesses++;
    else host.tally.attempt(this.attemptKind, this.kind);
    if (host.hub.routine || this.reportsAttempt) {
      // A listener that aborts the call must not find it running.
      this.phase = 'leaving';
      this.reportAttempt();
    }
    return this.leave(this.layers.length - 1);
  }

  /** The way out of almost every call: `leave` and `finish` for a first attempt that succeeded, with nobody listening to each. */
  private leaveStraight(straight: readonly Exit[]): unknown {
    const { host, attempt, states } = this;
    this.phase = 'leaving';
    for (const { at, gate, exit } of straight) {
      this.layer = at;
      this.state = states[at];
      states[at] = undefined;
      try {
        exit.call(gate, this, this as Outcome);
      } catch (error) {
        host.tally.firstSuccesses++;
        this.discard();
        this.fail(error);
        return this.leave(at - 1);
      }
    }
    host.tally.firstSuccesses++;
    if (this.detour !== undefined) return this.finish();
    host.inFlight--;
    host.tally.straight++;
    if (this.watch !== undefined) this.endWatch('success');
    const { owned, delivery } = this;
    const { value } = attempt;
    this.phase = 'done';
    this.recycle();
    const answer = delivery === 'settle' ? settledResult('success', value, undefined) : value;
    if (!owned) return answer;
    attempt.resolve(answer);
    return undefined;
  }

  /**
   * Goes out from layer `i`. Answers what the promise that carries this pass resolves to, or throws what it rejects
   * with; nothing of the kind when the pass has a promise of its own.
   */
  protected leave(i: number): unknown {
    this.phase = 'leaving';
    const { layers, from } = this;
    for (; i >= from; i--) {
      const layer = layers[i] as Layer;
      try {
        if (layer.gate !== undefined) {
          if (layer.holds && this.runsInside(i)) {
            this.hold(i);
          } else {
            this.layer = i;
            this.state = this.states[i];
            this.states[i] = undefined;
            layer.exit?.call(layer.gate, this, this as Outcome);
          }
        } else if (this.kind !== 'success' || layer.inspects) {
          this.layer = i;
          if (layer.driver?.accepts?.(this, this as Outcome) === false) {
            return this.drive(i, this.outcome());
          }
        }
      } catch (error) {
        this.discard();
        this.fail(error);
      }
    }
    return this.finish();
  }

  /**
   * As `leave`, from a timer that some other call may have set. A driver must not run there: what it starts would find that
   * call's async context (the store of an AsyncLocalStorage, such as whose request it is). A reaction of a promise runs in
   * the context in which it was asked for, so the pass wakes itself through its own.
   */
  protected override leaveFromTimer(i: number): void {
    if (this.layers.slice(this.from, i + 1).some((layer) => layer.driver !== undefined)) {
      this.layer = i;
      this.attempt.resolve(WAKE);
    } else {
      this.leave(i);
    }
  }

  /** As `leave`, for callers that are not reactions of a promise: a pass without a promise of its own needs one now. */
  protected leaveAtOnce(i: number): unknown {
    if (this.owned) return this.leave(i);
    try {
      return Promise.resolve(this.leave(i));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private drive(i: number, first: Outcome | undefined): unknown {
    const detour = this.off();
    if (detour.interruption !== undefined) {
      this.discard();
      return this.interrupted(i - 1);
    }
    this.phase = 'driving';
    this.layer = i;
    const { host } = this;
    const drive = new DriveHold(this, host, i, first === undefined ? this.attemptKind : 'retry');
    detour.drive = drive;
    let driven: Promise<Outcome>;
    try {
      const { driver } = this.layers[i] as Layer;
      const run = () => driver?.drive(drive, first) as Promise<Outcome>;
      // A timer may have brought us here, which belongs to whichever call set it.
      const { watch } = this.root;
      driven = Promise.resolve(watch === undefined ? run() : watch.within(run));
    } catch (error) {
      driven = Promise.reject(error);
    }
    const derived = driven.then(
      (outcome) => {
        // A hold that has ended belongs to a call that is over; this pass may serve another by now.
        if (!drive.ended) return this.driven(drive, outcome);
        if (isOutcome(outcome) && outcome.kind === 'success')
          discardWith(host.discard, outcome.value);
        return undefined;
      },
      (error: unknown) =>
        drive.ended ? undefined : this.driven(drive, failure(error, kindOfError(error))),
    );
    return this.owned ? undefined : derived;
  }

  private driven(drive: DriveHold, outcome: Outcome): unknown {
    this.phase = 'leaving';
    drive.end(SUPERSEDED);
    if (isOutcome(outcome)) this.takeOver(outcome);
    else this.fail(this.broken('drive', outcome));
    return this.leave(drive.layer - 1);
  }

  private finish(): unknown {
    const { host, detour, kind, error, owned, delivery, attempt } = this;
    this.phase = 'done';
    this.layer = this.from;
    if (this === this.root) {
      host.inFlight--;
      const outcome = kind === 'success' && detour?.degraded === true ? 'fallback' : kind;
      if (outcome === 'success' && this.runs === 1) host.tally.straight++;
      else host.tally.call(outcome, this.runs > 1, error);
      if (host.hub.routine) this.reportCall(outcome);
      if (this.watch !== undefined) this.endWatch(outcome);
    }
    detour?.following?.remove(this);
    const { value } = attempt;
    this.release();
    if (delivery === 'execute') {
      if (owned) {
        if (kind === 'success') attempt.resolve(value);
        else attempt.reject(error);
        return undefined;
      }
      if (kind === 'success') return value;
      throw error;
    }
    const answer =
      delivery === 'settle' ? settledResult(kind, value, error) : outcomeOf(kind, value, error);
    if (!owned) return answer;
    attempt.resolve(answer);
    return undefined;
  }

  protected recycle(): void {
    this.attempt.detach();
    // A pass in the pool must not keep what the call brought along.
    this.attempt = undefined as unknown as Attempt;
    this.state = undefined;
    this.owned = false;
    this.runs = 0;
    this.phase = 'idle';
    if (this.error !== undefined) this.error = undefined;
    this.startedAt = Number.NaN;
    if (this.detour !== undefined) {
      this.detour = undefined;
      this.root = this;
      this.from = 0;
    }
    if (pool.length < MAX_POOLED) pool.push(this);
  }
}

/** The reason given to runs that their driver no longer waits for. */
const SUPERSEDED = new DOMException('Another attempt answered first', 'AbortError');

/** What the promise of a pass answers when the pass only wants to run where the call was made. */
const WAKE = Symbol('wake');

const MAX_POOLED = 1024;
const pool: Pass[] = [];

function take(plan: Plan): Pass {
  return pool.pop() ?? new Pass(plan.layers.length);
}
