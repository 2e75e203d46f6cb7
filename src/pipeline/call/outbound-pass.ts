import type { Driver, NextOptions } from '../contract/policy.js';
import { discardWith } from '../outcome/discard.js';
import type { Outcome } from '../outcome/outcome.js';
import { failure, isOutcome } from '../outcome/outcome.js';
import type { Exit, Layer } from '../plan.js';
import type { AttemptKind } from '../reporting/kinds.js';
import { failedResultOf, toldAs } from '../reporting/reported-outcome.js';
import { AbandonablePass, SUPERSEDED } from './abandonable-pass.js';
import { settledResult } from './delivery.js';
import type { Drivable } from './drive.js';
import { DriveHold } from './drive.js';
import type { Host } from './host.js';
import { Delivery, Phase } from './phase.js';
import { rejectedSoon } from './promises.js';

/**
 * The way out of a pass: past the gates, which learn the outcome, and past the drivers, which are asked whether it may leave
 * as it is; and over the edge, where an outcome becomes what the caller gets.
 */
export abstract class OutboundPass extends AbandonablePass implements Drivable {
  /** The operation ended in time. */
  protected leaveOperation(): unknown {
    const { host } = this;
    const { straight } = this.plan;
    if (straight !== undefined && this.detour === undefined && this.kind === 'success') {
      if (!host.hub.routine && this.watch?.attempts !== true) return this.leaveStraight(straight);
    }
    // What of the user's is called from here on must not find the call running, should it abort it.
    this.phase = Phase.leaving;
    if (host.failureRule !== undefined) this.judge(host.failureRule);
    this.countAttempt(toldAs(host, this as Outcome));
    return this.leave(this.layers.length - 1);
  }

  /** The way out of almost every call: `leave` and `finish` for a first attempt that succeeded, with nobody listening to each. */
  private leaveStraight(straight: readonly Exit[]): unknown {
    const { host, attempt, states } = this;
    this.phase = Phase.leaving;
    for (let k = 0; k < straight.length; k++) {
      const { at, gate } = straight[k] as Exit;
      this.layer = at;
      try {
        gate.exit(this, this as Outcome);
      } catch (error) {
        states[at] = undefined;
        host.tally.attempt('first', 'success');
        this.discard();
        this.fail(error);
        return this.leave(at - 1);
      }
      // A store into an old object is not free.
      if (states[at] !== undefined) states[at] = undefined;
    }
    if (this.detour !== undefined) {
      host.tally.attempt('first', 'success');
      return this.finish();
    }
    host.inFlight--;
    host.tally.straight++;
    if (this.watch !== undefined) this.endWatch('success', undefined);
    const { owned, delivery } = this;
    const { value } = attempt;
    this.phase = Phase.done;
    this.recycle();
    const answer =
      delivery === Delivery.settle ? settledResult('success', value, undefined) : value;
    if (!owned) return answer;
    attempt.resolve(answer);
    return undefined;
  }

  /**
   * Goes out from layer `i`. Answers what the promise that carries this pass resolves to, or throws what it rejects
   * with; nothing of the kind when the pass has a promise of its own.
   */
  protected leave(i: number): unknown {
    this.phase = Phase.leaving;
    const { layers, from } = this;
    for (; i >= from; i--) {
      const layer = layers[i] as Layer;
      let accepted = true;
      try {
        if (layer.gate !== undefined) {
          if (layer.holds && this.runsInside(i)) {
            this.hold(i);
          } else {
            this.layer = i;
            layer.gate.exit(this, this as Outcome);
            this.states[i] = undefined;
          }
        } else if (this.kind !== 'success' || layer.inspects) {
          this.layer = i;
          accepted = layer.driver?.accepts?.(this, this as Outcome) !== false;
        }
      } catch (error) {
        this.discard();
        this.fail(error);
      }
      // Not within the try: what the call rejects with may be thrown from there.
      if (!accepted) return this.drive(i, this.outcome());
    }
    return this.finish();
  }

  /** As `leave`, for callers that are not reactions of a promise: a pass without a promise of its own needs one now. */
  protected leaveAtOnce(i: number): unknown {
    if (this.owned) return this.leave(i);
    try {
      return Promise.resolve(this.leave(i));
    } catch (error) {
      return rejectedSoon(error);
    }
  }

  /** As `drive`, likewise. */
  protected driveAtOnce(i: number): unknown {
    if (this.owned) return this.drive(i, undefined);
    try {
      return Promise.resolve(this.drive(i, undefined));
    } catch (error) {
      return rejectedSoon(error);
    }
  }

  /** Hands over to the driver in layer `i`. Answers as `leave` does. */
  protected drive(i: number, first: Outcome | undefined): unknown {
    const detour = this.off();
    if (detour.interruption !== undefined) {
      this.discard();
      return this.interrupted(i - 1);
    }
    if (first?.kind === 'failure') detour.failed ??= this.attempt;
    this.phase = Phase.driving;
    this.layer = i;
    const { host } = this;
    const drive = new DriveHold(this, host, i, first === undefined ? this.attemptKind : 'retry');
    detour.drive = drive;
    if (detour.timeOver !== undefined) drive.tell(detour.timeOver.reason);
    let answer: Outcome | Promise<Outcome>;
    try {
      const driver = (this.layers[i] as Layer).driver as Driver;
      answer =
        (this.root as OutboundPass).watch === undefined
          ? driver.drive(drive, first)
          : this.within(() => driver.drive(drive, first));
    } catch (error) {
      answer = failure(error);
    }
    if (isOutcome(answer)) return this.driven(drive, host, answer);
    const derived = Promise.resolve(answer).then(
      (outcome) => this.driven(drive, host, outcome),
      (error: unknown) => this.driven(drive, host, failure(error)),
    );
    return this.owned ? undefined : derived;
  }

  private driven(drive: DriveHold, host: Host, outcome: Outcome): unknown {
    // A hold that has ended belongs to a call that is over; this pass may serve another by now.
    if (drive.ended) {
      if (isOutcome(outcome) && outcome.kind === 'success')
        discardWith(host.discard, outcome.value);
      return undefined;
    }
    this.phase = Phase.leaving;
    drive.end(SUPERSEDED);
    if (isOutcome(outcome)) this.takeOver(outcome);
    else this.fail(this.broken('drive', outcome));
    return this.leave(drive.layer - 1);
  }

  private finish(): unknown {
    const { host, detour, owned, delivery, attempt } = this;
    const degraded = this.kind === 'success' && detour?.degraded === true;
    // What a policy has made of the outcome nobody was asked about.
    if (host.failureRule !== undefined && this === this.root && !degraded) {
      this.judge(host.failureRule);
    }
    const { kind, error } = this;
    this.phase = Phase.done;
    this.layer = this.from;
    if (this === this.root) {
      host.inFlight--;
      // An abort's reason belongs to the caller.
      if (kind !== 'success' && kind !== 'cancelled') detour?.site?.addTo(error);
      const outcome = degraded ? 'fallback' : toldAs(host, this as Outcome);
      const failed = kind === 'success' && outcome === 'failure';
      const told = failed ? failedResultOf(host, attempt.value) : error;
      host.tally.call(outcome, this.runs > 1, told);
      if (host.hub.routine) {
        this.reportCall(outcome);
        host.closing?.check();
      }
      if (this.watch !== undefined) this.endWatch(outcome, told);
    }
    detour?.following?.remove(this);
    if (kind === 'failure' && detour?.parent !== undefined) {
      detour.parent.off().failed = detour.failed ?? attempt;
    }
    const { value } = attempt;
    const ended = delivery === Delivery.outcome ? this.outcome() : undefined;
    if (this.rule !== undefined) this.rule = undefined;
    this.release();
    if (delivery === Delivery.execute) {
      if (owned) {
        if (kind === 'success') attempt.resolve(value);
        else attempt.reject(error);
        return undefined;
      }
      if (kind === 'success') return value;
      throw error;
    }
    const answer = ended ?? settledResult(kind, value, error);
    if (!owned) return answer;
    attempt.resolve(answer);
    return undefined;
  }

  abstract again(
    layer: number,
    kind: AttemptKind,
    options: NextOptions | undefined,
  ): Promise<Outcome>;
}
