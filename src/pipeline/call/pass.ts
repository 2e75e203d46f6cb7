import { isResilienceError } from '../../error-kinds.js';
import type { CallTraits } from '../contract/call-traits.js';
import type { LayerSettings, Operation } from '../contract/context.js';
import type { ToldOutcome } from '../contract/events.js';
import type { Driver, NextOptions } from '../contract/policy.js';
import { noSignal } from '../options/wrong-arguments.js';
import type { Outcome, OutcomeKind } from '../outcome/outcome.js';
import type { Layer, Plan } from '../plan.js';
import type { AttemptKind } from '../reporting/kinds.js';
import type { CallWatch } from '../reporting/observer.js';
import { toldAs } from '../reporting/reported-outcome.js';
import type { RunningContext } from './attempt.js';
import { Attempt } from './attempt.js';
import { CallRecord } from './call-record.js';
import type { Abandonable, TimeOver } from './call-view.js';
import { CallView } from './call-view.js';
import type { Settler } from './delivery.js';
import { Delivery, deliver, METHODS } from './delivery.js';
import { discardWith } from './discard.js';
import type { Drivable } from './drive.js';
import { DriveHold, SUPERSEDED } from './drive.js';
import type { Followed, Follower } from './followed-signal.js';
import { follow } from './followed-signal.js';
import type { HeldGate } from './gate-exits.js';
import type { Ending, Stoppable } from './giving-up.js';
import { exitBehind, giveUp, giveUpAfterAll, leaveInterrupted, timeIsUp } from './giving-up.js';
import type { Host } from './host.js';
import type { Operator } from './operation.js';
import { operate } from './operation.js';
import { sign } from './own-errors.js';
import { Phase } from './phase.js';
import type { InnerRun } from './unsettled.js';
import { Unsettled } from './unsettled.js';
import type { Waiter } from './waiting.js';
import { Wait } from './waiting.js';
import type { Refusal } from './way-in.js';
import { goIn } from './way-in.js';
import { discardResult, goOut, judge } from './way-out.js';

/** A call that was on the straight path: the context of its attempt, and what settles its promise. */
interface StraightSoFar extends RunningContext, Settler {
  readonly home: CallRecord['home'];
}

/**
 * One pass through the layers of a pipeline: in through the gates, the operation, and out again past gates and drivers. The first pass of
 * a call starts at the outermost layer; each further attempt is a pass that starts inside the driver that wants it.
 *
 * A pass can be given up in whatever it is doing, while its operation may go on: the gates inside are exited, those with `holds` when the
 * operation has really settled.
 */
export class Pass
  implements Abandonable, Drivable, Follower, InnerRun, Operator, Stoppable, Waiter
{
  /** As policies see it. */
  readonly view: CallView;
  readonly context: RunningContext;
  readonly unsettled = new Unsettled();
  wait: Wait | undefined = undefined;
  hold: DriveHold | undefined = undefined;
  interruption: Ending | undefined = undefined;
  readonly record: CallRecord;
  private readonly host: Host;
  private readonly delivery: Delivery;
  private readonly settler: Settler;
  /** The pass whose driver started this one; `undefined` for the first pass of a call. */
  private readonly outer: Pass | undefined;
  /** How the attempt is counted. */
  readonly kind: AttemptKind;
  /** The last attempt that failed by itself. What it left running is aborted before another one starts. */
  failed: RunningContext | undefined = undefined;
  /** While a signal can give it up. */
  private following: Followed | undefined = undefined;
  /** Its signal does not give it up but says that its time is over. */
  private isCooperative = false;
  /** Who wants to be told when this pass, or one that it starts, is about to call the operation. */
  onStart: (() => void) | undefined = undefined;

  private constructor(
    record: CallRecord,
    delivery: Delivery,
    settler: Settler,
    outer: Pass | undefined,
    from: number,
    kind: AttemptKind,
    context?: RunningContext,
  ) {
    this.record = record;
    this.host = record.host;
    this.delivery = delivery;
    this.settler = settler;
    this.outer = outer;
    this.kind = kind;
    this.view = new CallView(this, record, from, outer?.view);
    this.context = context ?? new Attempt(this.view);
  }

  /** Runs a whole call and answers its promise. */
  static run(
    host: Host,
    plan: Plan,
    operation: Operation,
    delivery: Delivery,
    signal: AbortSignal | undefined,
    settings: LayerSettings | undefined,
    watch?: CallWatch,
    traits?: CallTraits,
  ): Promise<unknown> {
    const record = new CallRecord(host, plan, operation, settings, traits);
    record.begin(Pass.run, watch);
    if (plan.mayAbandon || signal !== undefined) record.keepHome();
    return new Promise((resolve, reject) => {
      new Pass(record, delivery, { resolve, reject }, undefined, 0, 'first').start(signal);
    });
  }

  /**
   * Takes over a call that has been on the straight path so far, and is counted as one in flight. Whoever hands it over puts what the policies
   * keep for it into the states of the view, and says then how it goes on: with {@link Pass.enter}, or as in `adoption.ts`.
   */
  static adopt(
    call: StraightSoFar,
    host: Host,
    plan: Plan,
    operation: Operation,
    delivery: Delivery,
  ): Pass {
    const record = new CallRecord(host, plan, operation, undefined, undefined);
    record.home = call.home;
    return new Pass(record, delivery, call, undefined, 0, 'first', call);
  }

  again(layer: number, kind: AttemptKind, options: NextOptions | undefined): Promise<Outcome> {
    const { record } = this;
    record.keepHome();
    // Whatever answered so far did not do: the call counts by what it ends with.
    record.degraded = false;
    return new Promise((resolve, reject) => {
      const pass = this.runIn(layer, kind, { resolve, reject } as Settler);
      pass.view.beside = kind === 'hedge';
      pass.onStart = options?.onStart;
      pass.isCooperative = options?.cooperative === true;
      pass.start(options?.signal);
    });
  }

  /** Makes the pass of a run inside the driver in `layer`. */
  runIn(layer: number, kind: AttemptKind, settler: Settler, context?: RunningContext): Pass {
    const pass = new Pass(this.record, Delivery.outcome, settler, this, layer + 1, kind, context);
    this.unsettled.addRun(pass);
    return pass;
  }

  /** The outermost layer. */
  get from(): number {
    return this.view.from;
  }

  private start(signal: AbortSignal | null | undefined): void {
    // As in fetch, null is no signal.
    if (signal === undefined || signal === null) {
      this.enter(this.from);
    } else if (signal.aborted) {
      this.leaveWith('cancelled', signal.reason, this.from - 1);
    } else if (typeof signal.addEventListener !== 'function') {
      this.leaveFailed(noSignal(METHODS[this.delivery], signal), this.from - 1);
    } else {
      this.following = follow(signal, this);
      this.enter(this.from);
    }
  }

  // The way in.

  /** Goes in from this layer on. */
  enter(layer: number): void {
    const { view, record } = this;
    view.phase = Phase.entering;
    const stop = goIn(view, layer);
    if (stop?.why === 'waits') {
      view.phase = Phase.waiting;
      record.atLimit(view.layers[view.layer] as Layer);
      this.wait = new Wait(view, stop.admission, this);
      giveUpAfterAll(this);
      return;
    }
    const entered = stop === undefined ? view.layers.length - 1 : view.layer - 1;
    const fault = stop === undefined ? this.announceStart() : undefined;
    if (this.interruption !== undefined) {
      leaveInterrupted(this, entered);
    } else if (fault !== undefined) {
      this.leaveFailed(fault.error, entered);
    } else if (stop === undefined) {
      view.phase = Phase.running;
      this.unsettled.operation = true;
      operate(view, this.context, this);
    } else if (stop.why === 'driven') {
      this.drive(view.layer, undefined);
    } else {
      if (stop.why === 'refused') record.atLimit(view.layers[view.layer] as Layer);
      this.turnAway(stop);
    }
  }

  answered(refusal: Refusal | undefined): void {
    this.view.phase = Phase.entering;
    if (refusal === undefined) this.enter(this.view.layer + 1);
    else this.turnAway(refusal);
  }

  /** The policy that was asked last does not let the pass in. */
  private turnAway(refusal: Refusal): void {
    const { view } = this;
    const { layer } = view;
    const { error } = refusal;
    view.states[layer] = undefined;
    if (refusal.why === 'failed') {
      this.leaveFailed(error, layer - 1);
    } else {
      this.record.refused(refusal.error, view.layers[layer] as Layer);
      this.leaveWith('rejected', error, layer - 1);
    }
  }

  /** Tells whoever wants to know it that the operation is about to be called. Answers what one of them throws. */
  private announceStart(): { readonly error: unknown } | undefined {
    try {
      let pass: Pass | undefined = this;
      while (pass !== undefined && this.interruption === undefined) {
        const { onStart } = pass;
        pass.onStart = undefined;
        onStart?.();
        pass = pass.outer;
      }
    } catch (error) {
      return { error };
    }
    return undefined;
  }

  fulfilled(value: unknown): void {
    const { view } = this;
    this.unsettled.operation = false;
    if (view.phase === Phase.running) {
      view.value = value;
      this.operated();
    } else {
      discardWith(this.host.discard, value);
      this.release();
    }
  }

  rejected(error: unknown): void {
    const { view } = this;
    this.unsettled.operation = false;
    if (view.phase === Phase.running) {
      view.fail(error);
      this.operated();
    } else {
      this.release();
    }
  }

  // The way out.

  private operated(): void {
    const { view, host } = this;
    // User code runs from here on. The pass counts as leaving, so that an abort from inside it does no harm.
    view.phase = Phase.leaving;
    judge(view);
    this.countAttempt(toldAs(host, view.current));
    this.leave(view.layers.length - 1);
  }

  countAttempt(told: ToldOutcome): void {
    this.record.attemptEnded(this.kind, this.context.attempt, this.view.current, told);
  }

  leaveWith(kind: OutcomeKind, error: unknown, from: number): void {
    this.view.end(kind, error);
    this.leave(from);
  }

  private leaveFailed(error: unknown, from: number): void {
    this.view.fail(error);
    this.leave(from);
  }

  /** Goes out from this layer on. */
  leave(from: number): void {
    const { view } = this;
    view.phase = Phase.leaving;
    const driver = goOut(view, from, this.unsettled);
    if (driver < 0) this.finish();
    else this.drive(driver, view.outcome());
  }

  /** Hands over to the driver in this layer, which did not accept the outcome `first`. */
  private drive(layer: number, first: Outcome | undefined): void {
    const { view } = this;
    if (this.interruption !== undefined) {
      discardResult(view);
      leaveInterrupted(this, layer - 1);
      return;
    }
    if (first?.kind === 'failure') this.failed ??= this.context;
    const driver = (view.layers[layer] as Layer).driver as Driver;
    const hold = this.holdFor(layer, first === undefined ? this.kind : 'retry');
    if (view.timeOver !== undefined) hold.tell(view.timeOver.reason);
    this.driveBy(hold, () => driver.drive(hold, first));
  }

  holdFor(layer: number, kind: AttemptKind): DriveHold {
    const { view } = this;
    view.phase = Phase.driving;
    view.layer = layer;
    const hold = new DriveHold(view, this, this.host, layer, kind);
    this.hold = hold;
    return hold;
  }

  /** Lets a driver drive. To be called in the async context of the call. */
  driveBy(hold: DriveHold, drive: () => Outcome | Promise<Outcome>): void {
    const { view } = this;
    hold.run(drive, (outcome) => {
      view.phase = Phase.leaving;
      hold.end(SUPERSEDED);
      view.takeOver(outcome);
      this.leave(hold.layer - 1);
    });
  }

  private finish(): void {
    const { view, record, outer } = this;
    // Nobody was asked about what a policy may have made of the outcome.
    if (outer === undefined && !record.isDegraded(view.current)) judge(view);
    view.phase = Phase.done;
    view.layer = view.from;
    if (outer === undefined) record.end(view.current, view);
    else if (view.kind === 'failure') outer.failed = this.failed ?? this.context;
    this.following?.end();
    this.release();
    deliver(view, this.delivery, this.settler);
  }

  degraded(): void {
    this.record.degraded = true;
  }

  abortFailed(): void {
    const { failed } = this;
    this.failed = undefined;
    failed?.abort(SUPERSEDED);
  }

  // Giving up.

  /** A gate ends everything inside itself. */
  abandon(layer: number, error: unknown): void {
    const { view, host, record } = this;
    const policy = view.layers[layer]?.name ?? '';
    if (!record.plan.mayAbandon && this.following === undefined && this.outer === undefined) {
      throw new TypeError(
        `policy "${policy}" abandons calls but does not say so: set mayAbandon to true`,
      );
    }
    if (isResilienceError(error)) sign(error, host, policy);
    record.atHome(() => giveUp(this, { layer, kind: 'timeout', error, expired: true }));
  }

  /** The signal has aborted. */
  cancel(reason: unknown): void {
    const { record, host } = this;
    record.atHome(() => {
      if (this.isCooperative) this.timeIsUp({ reason, at: host.time.now() });
      else this.giveUpRun(reason, false);
    });
  }

  timeIsUp(over: TimeOver): void {
    timeIsUp(this, over);
  }

  giveUpRun(reason: unknown, expired: boolean): void {
    const { timeOver } = this.view;
    const error = timeOver === undefined ? reason : timeOver.reason;
    const layer = this.from - 1;
    giveUp(this, { layer, kind: 'cancelled', error, expired: expired || timeOver !== undefined });
  }

  giveUpRuns(reason: unknown, expired: boolean): void {
    this.unsettled.giveUpRuns(reason, expired);
  }

  get operating(): boolean {
    const { phase } = this.view;
    return phase === Phase.driving ? this.unsettled.operating : phase === Phase.running;
  }

  // Afterwards.

  admittedLate(gate: HeldGate): void {
    exitBehind(this, [gate]);
  }

  /** Something that the pass has started has settled: exits the gates that waited for it. */
  private release(): void {
    const { unsettled, outer } = this;
    const gates = unsettled.takeFreeGates();
    if (gates.length > 0 && exitBehind(this, gates)) return;
    if (this.view.phase !== Phase.done || unsettled.any) return;
    this.context.detach();
    outer?.unsettled.removeRun(this);
    outer?.release();
  }
}
