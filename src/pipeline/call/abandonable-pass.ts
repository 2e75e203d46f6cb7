import { isResilienceError } from '../../error-kinds.js';
import type { Gate } from '../contract/policy.js';
import { discardWith } from '../outcome/discard.js';
import type { Outcome, OutcomeKind } from '../outcome/outcome.js';
import type { Layer } from '../plan.js';
import { reportFault } from '../reporting/events.js';
import { cancelledAs } from '../reporting/reported-outcome.js';
import { CallState } from './call-state.js';
import type { Detour, Held, Interruption, TimeOver } from './detour.js';
import { Phase } from './phase.js';

/** The reason given to runs and attempts in whose place another one comes. */
export const SUPERSEDED = new DOMException('Another attempt took its place', 'AbortError');

/**
 * A pass that can be given up in whatever it is doing, while the operation may go on: gates inside are exited, those that hold
 * only when the operation has really settled, and the pass is free when nothing it started still runs.
 *
 * Gates inside see `timeout` where the time ran out on a running operation: the upstream was asked and did not answer. In a
 * queue or between two attempts nobody was asked, and what the caller aborts or another attempt replaces says nothing of the
 * upstream: that is `cancelled`.
 */
export abstract class AbandonablePass extends CallState {
  abandon(layer: number, error: unknown): void {
    const policy = this.layers[layer]?.name ?? '';
    if (!this.owned) {
      throw new TypeError(
        `policy "${policy}" abandons calls but does not say so: set mayAbandon to true`,
      );
    }
    if (isResilienceError(error)) this.signed(error, policy);
    this.giveUpAtHome(layer, 'timeout', error);
  }

  /** A timer or a signal brings us here, which may belong to any call. */
  private giveUpAtHome(layer: number, kind: OutcomeKind, error: unknown): void {
    const { home } = this;
    if (home === undefined) this.giveUp(layer, kind, error);
    else home.runInAsyncScope(this.giveUp, this, layer, kind, error);
  }

  /** Its signal has aborted: gives the whole pass up, or only tells what runs. */
  cancel(reason: unknown): void {
    if (this.detour?.cooperative !== true) this.giveUpAtHome(this.from - 1, 'cancelled', reason);
    else this.timeIsUpAtHome({ reason, at: this.host.time.now() });
  }

  private timeIsUpAtHome(over: TimeOver): void {
    const { home } = this;
    if (home === undefined) this.timeIsUp(over);
    else home.runInAsyncScope(this.timeIsUp, this, over);
  }

  /** The time of this run is over: what runs may end by itself, what only waits is given up. */
  private timeIsUp(over: TimeOver): void {
    const { phase, detour } = this;
    if (phase !== Phase.running && phase !== Phase.driving) {
      this.giveUp(this.from - 1, 'cancelled', over.reason, true);
      return;
    }
    this.off().timeOver = over;
    if (phase === Phase.running) {
      this.attempt.abort(over.reason);
      return;
    }
    let child = detour?.firstChild;
    while (child !== undefined) {
      const next = child.detour?.nextSibling;
      child.timeIsUp(over);
      child = next;
    }
    detour?.drive?.tell(over.reason);
  }

  /** Ends everything inside `layer`, and leaves from there with this outcome. `expired`: because a time is over. */
  protected giveUp(
    layer: number,
    kind: OutcomeKind,
    error: unknown,
    expired = kind === 'timeout',
  ): void {
    const { phase, detour } = this;
    const seen = expired && this.operating ? 'timeout' : 'cancelled';
    let i: number;
    switch (phase) {
      case Phase.entering:
      case Phase.leaving:
        this.off().interruption ??= { layer, kind, error, expired };
        return;
      case Phase.waiting:
        i = this.layer;
        this.phase = Phase.leaving;
        this.endWait();
        (detour as Detour).leftFor = error;
        this.leaveQueue(this.layers[i]?.gate);
        i--;
        break;
      case Phase.running:
        i = this.layers.length - 1;
        this.phase = Phase.leaving;
        this.attempt.abort(error);
        this.end(seen, error);
        this.countAttempt(seen === 'cancelled' ? cancelledAs(error) : seen);
        break;
      case Phase.driving:
        i = this.layer - 1;
        this.phase = Phase.leaving;
        detour?.drive?.giveUp(error, expired);
        break;
      default:
        return;
    }
    this.exitDownTo(i, layer, seen, error);
    this.end(kind, error);
    this.leave(layer);
  }

  /** Leaves after an abort or expiry that came while this pass could not be given up; `i` is the innermost layer entered. */
  protected interrupted(i: number): unknown {
    const { layer, kind, error } = (this.detour as Detour).interruption as Interruption;
    (this.detour as Detour).interruption = undefined;
    this.phase = Phase.leaving;
    this.exitDownTo(i, layer, 'cancelled', error);
    this.end(kind, error);
    return this.leaveAtOnce(Math.min(i, layer));
  }

  /** Exits the gates from `i` out to, and without, `layer`: what was inside a layer that gave the run up. */
  protected exitDownTo(i: number, layer: number, seen: OutcomeKind, error: unknown): void {
    for (; i > layer; i--) {
      const { gate, holds } = this.layers[i] as Layer;
      if (gate === undefined) continue;
      this.end(seen, error);
      if (holds && this.runsInside(i)) {
        this.hold(i);
      } else {
        this.layer = i;
        this.exitGuarded(gate);
      }
    }
  }

  protected leaveQueue(gate: Gate | undefined): void {
    try {
      gate?.leave?.(this);
    } catch (error) {
      reportFault(`policy "${this.policy}"`, error);
    }
  }

  /** An exit behind the call's back: its error has nowhere to go. */
  protected exitGuarded(gate: Gate): void {
    try {
      gate.exit(this, this as Outcome);
    } catch (error) {
      reportFault(`policy "${this.policy}"`, error);
    }
    this.states[this.layer] = undefined;
  }

  /** Gives up whatever drivers of this pass have started. For the driver they end as cancelled, whatever their gates see. */
  giveUpRuns(reason: unknown, expired: boolean): void {
    let child = this.detour?.firstChild;
    while (child !== undefined) {
      const next = child.detour?.nextSibling;
      const over = child.detour?.timeOver;
      if (over === undefined) child.giveUp(child.from - 1, 'cancelled', reason, expired);
      else child.giveUp(child.from - 1, 'cancelled', over.reason, true);
      child = next;
    }
  }

  /** Tells the drivers that want to know it that the operation is about to be called. Answers what one of them throws. */
  protected announceStart(): { readonly error: unknown } | undefined {
    const own = this.detour;
    let detour = own;
    try {
      while (detour !== undefined && own?.interruption === undefined) {
        const { onStart, parent } = detour;
        detour.onStart = undefined;
        onStart?.();
        detour = parent?.detour;
      }
    } catch (error) {
      return { error };
    }
    return undefined;
  }

  /** Whether an operation runs for this pass, in itself or in one that it started: not one that it has given up already. */
  protected get operating(): boolean {
    if (this.phase !== Phase.driving) return this.phase === Phase.running;
    let child = this.detour?.firstChild;
    while (child !== undefined && !child.operating) child = child.detour?.nextSibling;
    return child !== undefined;
  }

  /** Aborts what the last failed attempt may have left running, before another one starts. */
  abortFailed(): void {
    const { detour } = this;
    if (detour?.failed === undefined) return;
    const { failed } = detour;
    detour.failed = undefined;
    failed.abort(SUPERSEDED);
  }

  /** The operation settled after its pass had left it. */
  protected settledLate(result: unknown, fulfilled: boolean): void {
    if (fulfilled) discardWith(this.host.discard, result);
    this.release();
  }

  /** Exits what was held for operations that have settled by now; goes back to the pool when nothing is left. */
  protected release(): void {
    const { detour } = this;
    if (detour !== undefined) {
      if (detour.held !== undefined && this.exitHeld(detour, detour.held)) return;
      if (this.phase !== Phase.done || this.busy || detour.firstChild !== undefined) return;
      const { parent } = detour;
      detour.parent = undefined;
      if (parent !== undefined) parent.childSettled(this);
      // An admission that was given up may never come, and must not find the pass serving another call.
      if (detour.waiting) return;
    } else if (this.busy || this.phase !== Phase.done) {
      return;
    }
    this.recycle();
  }

  /** A pass that this one started has really settled. */
  protected childSettled(child: AbandonablePass): void {
    const detour = this.off();
    if (detour.firstChild === child) {
      detour.firstChild = child.detour?.nextSibling;
    } else {
      let before = detour.firstChild?.detour;
      while (before !== undefined && before.nextSibling !== child)
        before = before.nextSibling?.detour;
      if (before !== undefined) before.nextSibling = child.detour?.nextSibling;
    }
    this.release();
  }

  protected exitHeld(detour: Detour, held: readonly Held[]): boolean {
    const still = held.filter((each) => this.runsInside(each.layer));
    detour.held = still.length > 0 ? still : undefined;
    return this.exitLate(held.filter((each) => !still.includes(each)));
  }

  /**
   * Exits gates that this pass has left behind, and goes back to where it is. Answers whether the call was given up
   * meanwhile.
   */
  protected exitLate(held: readonly Held[]): boolean {
    const { layer, phase } = this;
    const now = this.outcome();
    if (phase === Phase.driving) this.phase = Phase.leaving;
    for (const each of held) {
      this.layer = each.layer;
      this.state = each.state;
      this.takeOver(each.outcome);
      this.exitGuarded(this.layers[each.layer]?.gate as Gate);
    }
    this.layer = layer;
    this.takeOver(now);
    this.phase = phase;
    const interruption = this.detour?.interruption;
    if (phase !== Phase.driving || interruption === undefined) return false;
    (this.detour as Detour).interruption = undefined;
    const { layer: outer, kind, error, expired } = interruption;
    this.giveUp(outer, kind, error, expired);
    return true;
  }

  protected hold(i: number): void {
    const detour = this.off();
    detour.held ??= [];
    detour.held.push({ layer: i, state: this.states[i], outcome: this.outcome() });
    this.states[i] = undefined;
  }

  /** Whether an operation started inside layer `i` has not settled. */
  protected runsInside(i: number): boolean {
    let child = this.detour?.firstChild;
    while (child !== undefined && child.from <= i) child = child.detour?.nextSibling;
    return this.busy || child !== undefined;
  }

  /** Goes out from layer `i`. */
  protected abstract leave(i: number): unknown;

  /** As `leave`, and answers a promise where the pass has none of its own. */
  protected abstract leaveAtOnce(i: number): unknown;

  /** Nothing that the pass started runs any more. */
  protected abstract recycle(): void;
}
