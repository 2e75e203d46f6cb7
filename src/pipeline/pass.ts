import { ContractError, RejectedError, ResilienceError } from '../errors.js';
import type { TimeSource } from '../time/time-source.js';
import type { Operation } from './context.js';
import { Attempt } from './context.js';
import type { Admission, Call, Gate } from './contract.js';
import type { Held, Interruption } from './detour.js';
import { Detour } from './detour.js';
import { discardWith } from './discard.js';
import type { Drivable } from './drive.js';
import { DriveHold } from './drive.js';
import type { EventBody, PipelineEvent } from './events.js';
import { reportFault } from './events.js';
import { followingOf } from './follow.js';
import type { AttemptKind, CallOutcome, Host } from './host.js';
import type { CallWatch } from './observer.js';
import type { Outcome, OutcomeKind } from './outcome.js';
import { failure, isOutcome, kindOfError, outcomeOf } from './outcome.js';
import type { Exit, Layer } from './plan.js';
import { adopted, atOnce, isNative, isThenable, settledResult } from './promises.js';

/** How the end of a pass is delivered: `execute` throws, `settle` wraps, a driver gets the outcome itself. */
export type Delivery = 'execute' | 'settle' | 'outcome';

/**
 * ```
 * idle -> entering -> running -> leaving -> done
 *            |  ^                 |   ^
 *          waiting              driving
 * ```
 */
type Phase = 'idle' | 'entering' | 'waiting' | 'running' | 'leaving' | 'driving' | 'done';

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
export class Pass implements Call, Drivable {
  private host!: Host;
  private layers: readonly Layer[] = [];
  private delivery: Delivery = 'execute';
  private phase: Phase = 'idle';
  /** The operation of this pass has not settled. */
  private busy = false;
  private readonly states: unknown[] = [];
  private attempt!: Attempt;
  /** Whether the pass has a promise of its own. */
  private owned = false;
  /** What only a call off the straight path needs. */
  private detour: Detour | undefined;
  /** The first pass of the call. */
  private root: Pass = this;
  /** Of the first pass: who watches the call. */
  private watch: CallWatch | undefined;
  /** When the call started, if somebody listened then. */
  private startedAt: number | undefined;
  /** The outermost layer of this pass. */
  from = 0;
  /** Of the first pass: how often the operation has been called. */
  private runs = 0;
  layer = 0;
  state: unknown;
  kind: OutcomeKind = 'success';
  error: unknown;

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

  /** Runs a whole call and answers its promise. */
  static call(
    host: Host,
    operation: Operation,
    delivery: Delivery,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const pass = take();
    pass.host = host;
    pass.layers = host.plan.layers;
    pass.delivery = delivery;
    pass.attempt = new Attempt(pass, operation);
    host.inFlight++;
    if (host.hub.routine) pass.startedAt = host.time.now();
    if (host.observer !== undefined) {
      const watch = host.observer.start(host);
      if (watch !== undefined) pass.watch = watch;
    }
    if (signal !== undefined) return pass.start(signal);
    if (!host.plan.mayAbandon) return pass.enter(0) as Promise<unknown>;
    const promise = pass.promise();
    pass.enter(0);
    return promise;
  }

  /** Runs the layers inside `layer` once more, for the driver there. */
  again(layer: number, kind: AttemptKind, signal: AbortSignal | undefined): Promise<Outcome> {
    const pass = take();
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

  /** What the operation or a fallback answered. */
  get value(): unknown {
    return this.attempt.value;
  }

  get attempts(): number {
    return this.root.runs;
  }

  get pipeline(): string {
    return this.host.name;
  }

  get policy(): string {
    return this.layers[this.layer]?.name ?? '';
  }

  get time(): TimeSource {
    return this.host.time;
  }

  get captureStack(): boolean {
    return this.host.captureStack;
  }

  get listening(): boolean {
    const { hub, plan } = this.host;
    return (
      hub.active || this.root.watch !== undefined || plan.inner.some((inner) => inner.hub.active)
    );
  }

  get deadline(): number {
    let deadline = Infinity;
    for (let pass: Pass | undefined = this; pass !== undefined; pass = pass.detour?.parent) {
      for (let i = pass.from, end = pass.enteredLayers; i < end; i++) {
        const at = pass.layers[i]?.gate?.deadlineOf?.(pass.states[i]);
        if (at !== undefined && at < deadline) deadline = at;
      }
    }
    return deadline;
  }

  emit(event: EventBody, at = this.layer): void {
    const layer = this.layers[at] as Layer;
    const { name, key, hub } = this.host;
    const full = { ...event, pipeline: name, key, policy: layer.name } as PipelineEvent;
    hub.emit(full);
    for (const nested of layer.within) nested.hub.emit(full);
    this.root.watch?.event(full);
  }

  note(event: EventBody, at = this.layer): void {
    const { watch } = this.root;
    if (watch === undefined) return;
    const { name, key } = this.host;
    const policy = this.layers[at]?.name;
    watch.event({ ...event, pipeline: name, key, policy } as PipelineEvent);
  }

  wouldReject(reason: string, retryAfter?: number): void {
    this.host.tally.rejection(this.layer, reason, false);
    if (this.listening) this.emit({ type: 'rejection', reason, enforced: false, retryAfter });
  }

  abandon(layer: number, error: unknown): void {
    const policy = this.layers[layer]?.name ?? '';
    if (!this.owned) {
      throw new TypeError(
        `policy "${policy}" abandons calls but does not say so: set mayAbandon to true`,
      );
    }
    if (error instanceof ResilienceError) this.signed(error, policy);
    this.giveUp(layer, 'timeout', error);
  }

  /** Gives the whole pass up. */
  cancel(reason: unknown): void {
    this.giveUp(this.from - 1, 'cancelled', reason);
  }

  /** Marks the call as answered by a fallback. */
  degraded(): void {
    this.root.off().degraded = true;
  }

  /** Gives up whatever drivers of this pass have started. */
  giveUpRuns(reason: unknown): void {
    for (const child of this.detour?.children.slice() ?? []) child.cancel(reason);
  }

  /** The layers before this one have been entered and not yet left. */
  private get enteredLayers(): number {
    switch (this.phase) {
      case 'running':
        return this.layers.length;
      case 'done':
      case 'idle':
        return this.from;
      default:
        return this.layer;
    }
  }

  /** Makes the pass's own promise. */
  private promise(): Promise<unknown> {
    this.owned = true;
    return this.attempt.promise();
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

  /** Leaves after an abort or expiry that came while this pass could not be given up; `i` is the innermost layer entered. */
  private interrupted(i: number): unknown {
    const { layer, kind, error } = (this.detour as Detour).interruption as Interruption;
    (this.detour as Detour).interruption = undefined;
    this.phase = 'leaving';
    this.exitDownTo(i, layer, error);
    this.end(kind, error);
    return this.leaveAtOnce(Math.min(i, layer));
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
    this.reset();
    if (pool.length < MAX_POOLED) pool.push(this);
    const answer = delivery === 'settle' ? settledResult('success', value, undefined) : value;
    if (!owned) return answer;
    attempt.resolve(answer);
    return undefined;
  }

  /**
   * Goes out from layer `i`. Answers what the promise that carries this pass resolves to, or throws what it rejects
   * with; nothing of the kind when the pass has a promise of its own.
   */
  private leave(i: number): unknown {
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

  /** As `leave`, for callers that are not reactions of a promise: a pass without a promise of its own needs one now. */
  private leaveAtOnce(i: number): unknown {
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

  /** Ends everything inside `layer`, and leaves from there with this outcome. */
  private giveUp(layer: number, kind: OutcomeKind, error: unknown): void {
    const { phase, detour } = this;
    let i: number;
    switch (phase) {
      case 'entering':
      case 'leaving':
        this.off().interruption ??= { layer, kind, error };
        return;
      case 'waiting':
        i = this.layer;
        this.state = this.states[i];
        this.phase = 'leaving';
        (detour as Detour).leftFor = error;
        this.leaveQueue(this.layers[i]?.gate);
        i--;
        break;
      case 'running':
        i = this.layers.length - 1;
        this.phase = 'leaving';
        this.attempt.abort(error);
        this.host.tally.attempt(this.attemptKind, kind);
        this.end(kind, error);
        if (this.host.hub.routine || this.reportsAttempt) this.reportAttempt();
        break;
      case 'driving':
        i = this.layer - 1;
        this.phase = 'leaving';
        detour?.drive?.giveUp(error);
        break;
      default:
        return;
    }
    this.exitDownTo(i, layer, error);
    this.end(kind, error);
    this.leave(layer);
  }

  /** Exits the gates from `i` out to, and without, `layer`: what was inside a layer that gave the run up. */
  private exitDownTo(i: number, layer: number, error: unknown): void {
    for (; i > layer; i--) {
      const { gate, holds } = this.layers[i] as Layer;
      if (gate === undefined) continue;
      this.end('cancelled', error);
      if (holds && this.runsInside(i)) {
        this.hold(i);
      } else {
        this.layer = i;
        this.state = this.states[i];
        this.states[i] = undefined;
        this.exitGuarded(gate);
      }
    }
  }

  private leaveQueue(gate: Gate | undefined): void {
    try {
      gate?.leave?.(this);
    } catch (error) {
      reportFault(`policy "${this.policy}"`, error);
    }
  }

  /** An exit behind the call's back: its error has nowhere to go. */
  private exitGuarded(gate: Gate): void {
    try {
      gate.exit(this, this as Outcome);
    } catch (error) {
      reportFault(`policy "${this.policy}"`, error);
    }
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

  /** The operation settled after its pass had left it. */
  private settledLate(result: unknown, fulfilled: boolean): void {
    if (fulfilled) discardWith(this.host.discard, result);
    this.release();
  }

  /** Exits what was held for operations that have settled by now; goes back to the pool when nothing is left. */
  private release(): void {
    const { detour } = this;
    if (detour !== undefined) {
      if (detour.held.length > 0 && this.exitHeld(detour)) return;
      if (this.phase !== 'done' || this.busy || detour.children.length > 0) return;
      const { parent } = detour;
      detour.parent = undefined;
      if (parent !== undefined) parent.childSettled(this);
      // An admission that was given up may never come, and must not find the pass serving another call.
      if (detour.waiting) return;
    } else if (this.busy || this.phase !== 'done') {
      return;
    }
    this.reset();
    if (pool.length < MAX_POOLED) pool.push(this);
  }

  /** A pass that this one started has really settled. */
  private childSettled(child: Pass): void {
    const { children } = this.off();
    children.splice(children.indexOf(child), 1);
    this.release();
  }

  private exitHeld(detour: Detour): boolean {
    const { held } = detour;
    detour.held = held.filter((each) => this.runsInside(each.layer));
    return this.exitLate(held.filter((each) => !detour.held.includes(each)));
  }

  /**
   * Exits gates that this pass has left behind, and goes back to where it is. Answers whether the call was given up
   * meanwhile.
   */
  private exitLate(held: readonly Held[]): boolean {
    const { layer, state, phase } = this;
    const now = this.outcome();
    if (phase === 'driving') this.phase = 'leaving';
    for (const each of held) {
      this.layer = each.layer;
      this.state = each.state;
      this.takeOver(each.outcome);
      this.exitGuarded(this.layers[each.layer]?.gate as Gate);
    }
    this.layer = layer;
    this.state = state;
    this.takeOver(now);
    this.phase = phase;
    const interruption = this.detour?.interruption;
    if (phase !== 'driving' || interruption === undefined) return false;
    (this.detour as Detour).interruption = undefined;
    this.giveUp(interruption.layer, interruption.kind, interruption.error);
    return true;
  }

  private hold(i: number): void {
    this.off().held.push({ layer: i, state: this.states[i], outcome: this.outcome() });
    this.states[i] = undefined;
  }

  /** Whether an operation started inside layer `i` has not settled. */
  private runsInside(i: number): boolean {
    return this.busy || this.detour?.children.some((child) => child.from > i) === true;
  }

  private reset(): void {
    this.attempt.detach();
    // A pass in the pool must not keep what the call brought along.
    this.attempt = undefined as unknown as Attempt;
    this.state = undefined;
    this.owned = false;
    this.runs = 0;
    this.phase = 'idle';
    if (this.error !== undefined) this.error = undefined;
    if (this.startedAt !== undefined) this.startedAt = undefined;
    if (this.detour !== undefined) {
      this.detour = undefined;
      this.root = this;
      this.from = 0;
    }
  }

  /** Says on an error of ours where it comes from. */
  private signed(error: ResilienceError, policy: string): void {
    if (Object.isFrozen(error)) return;
    error.pipeline ??= this.host.name;
    error.policy ??= policy;
  }

  /** A policy answered something that its contract does not know. */
  private broken(method: 'enter' | 'drive', answer: unknown): ContractError {
    const { pipeline, policy } = this;
    return new ContractError(
      method === 'enter'
        ? `gate "${policy}": enter must answer undefined, a RejectedError or a promise of one of them (got ${shown(answer)})`
        : `driver "${policy}": drive must answer a promise of an outcome (got ${shown(answer)})`,
      { pipeline, policy },
    );
  }

  /** The result this pass carries will not reach anybody. */
  private discard(): void {
    if (this.kind === 'success') discardWith(this.host.discard, this.value);
  }

  private off(): Detour {
    this.detour ??= new Detour();
    return this.detour;
  }

  private end(kind: OutcomeKind, error: unknown): void {
    this.kind = kind;
    this.attempt.value = undefined;
    this.error = error;
  }

  private takeOver(outcome: Outcome): void {
    this.kind = outcome.kind;
    this.attempt.value = outcome.kind === 'success' ? outcome.value : undefined;
    this.error = outcome.kind === 'success' ? undefined : outcome.error;
  }

  private fail(error: unknown): void {
    this.end(kindOfError(error), error);
  }

  private outcome(): Outcome {
    return outcomeOf(this.kind, this.value, this.error);
  }

  private get attemptKind(): AttemptKind {
    return this.detour?.attemptKind ?? 'first';
  }

  /** Whether who watches the call wants to hear of this attempt. */
  private get reportsAttempt(): boolean {
    const { watch } = this.root;
    return watch !== undefined && (watch.attempts || this.attemptKind === 'hedge');
  }

  private reportAttempt(): void {
    this.report({
      type: 'attempt',
      attempt: this.attempt.attempt,
      kind: this.attemptKind,
      outcome: this.kind,
      error: this.error,
    });
  }

  private reportCall(outcome: CallOutcome): void {
    // Nobody listened when it started: how long it took is not known.
    if (this.startedAt === undefined) return;
    this.report({
      type: 'call',
      outcome,
      attempts: this.attempts,
      durationMs: this.host.time.now() - this.startedAt,
      error: this.error,
    });
  }

  private endWatch(outcome: CallOutcome): void {
    const watch = this.watch as CallWatch;
    this.watch = undefined;
    watch.end(outcome, this.runs, this.error);
  }

  private report(event: EventBody): void {
    const { host } = this;
    const { name: pipeline, key } = host;
    const full = { ...event, pipeline, key, policy: undefined } as PipelineEvent;
    host.hub.emit(full);
    this.root.watch?.event(full);
  }
}

function shown(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return String(answer);
  return answer instanceof Error ? answer.name : 'an object';
}

/** The reason given to runs that their driver no longer waits for. */
const SUPERSEDED = new DOMException('Another attempt answered first', 'AbortError');

const MAX_POOLED = 1024;
const pool: Pass[] = [];

function take(): Pass {
  return pool.pop() ?? new Pass();
}
