import { isRejectedError } from '../../error-kinds.js';
import type { RejectedError } from '../../errors.js';
import type { Attempt, LayerSettings, Operation } from '../contract/context.js';
import { OwnedAttempt } from '../contract/context.js';
import type { Admission, NextOptions } from '../contract/policy.js';
import { isLimit, refusalsOf } from '../contract/refusals.js';
import type { Outcome } from '../outcome/outcome.js';
import { outcomeOf } from '../outcome/outcome.js';
import type { Layer, Plan } from '../plan.js';
import { needsHome } from '../plan.js';
import type { AttemptKind } from '../reporting/kinds.js';
import type { Ending } from '../straight/straight-end.js';
import { homeHere } from './async-context.js';
import { CallSite } from './call-site.js';
import type { Detour } from './detour.js';
import { followingOf } from './followed-signal.js';
import type { Host } from './host.js';
import { OutboundPass } from './outbound-pass.js';
import { Delivery, Phase } from './phase.js';
import { adopted, atOnce, isNative, isThenable } from './promises.js';

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
export class Pass extends OutboundPass {
  protected override root: Pass = this;

  private readonly onValue = (value: unknown): unknown => {
    this.busy = false;
    if (this.phase !== Phase.running) return this.settledLate(value, true);
    this.attempt.value = value;
    return this.leaveOperation();
  };

  private readonly onError = (error: unknown): unknown => {
    this.busy = false;
    if (this.phase !== Phase.running) return this.settledLate(error, false);
    this.fail(error);
    return this.leaveOperation();
  };

  /** Runs a whole call and answers its promise. */
  static run(
    host: Host,
    plan: Plan,
    operation: Operation,
    delivery: Delivery,
    signal: AbortSignal | undefined,
    settings: LayerSettings | undefined,
    watch = host.observer?.start(host),
  ): Promise<unknown> {
    const pass = take(host, plan);
    pass.delivery = delivery;
    pass.attempt = new OwnedAttempt(pass, operation, settings);
    if (host.captureStack) pass.keepSite();
    host.inFlight++;
    if (watch !== undefined) pass.watch = watch;
    if (host.hub.routine || pass.watch !== undefined) pass.startedAt = host.time.now();
    if (signal !== undefined) return pass.start(signal);
    if (!plan.mayAbandon) return pass.enter(0) as Promise<unknown>;
    const promise = pass.promise();
    pass.enter(0);
    return promise;
  }

  /** Takes over a call that is counted as one in flight already, and has its attempt and, where it needs one, its promise. */
  static adopt(host: Host, plan: Plan, attempt: Attempt, delivery: Delivery): Pass {
    const pass = take(host, plan);
    pass.delivery = delivery;
    pass.attempt = attempt;
    pass.owned = plan.mayAbandon;
    attempt.belongTo(pass);
    return pass;
  }

  /** Of an adopted call: what the policy in `layer` keeps for it. */
  keep(layer: number, state: unknown): void {
    if (state !== undefined) this.states[layer] = state;
  }

  /** An adopted call has come in up to `layer`. */
  enterFrom(layer: number): unknown {
    return this.enter(layer);
  }

  /** The operation of an adopted call runs. */
  running(): this {
    this.runs = 1;
    this.phase = Phase.running;
    this.busy = true;
    return this;
  }

  /** The operation of an adopted call has answered a promise, and that is fulfilled. */
  succeeded(value: unknown): unknown {
    return this.onValue(value);
  }

  /** It is rejected. */
  failed(error: unknown): unknown {
    return this.onError(error);
  }

  /** The operation of an adopted call threw. Answers `promise`, or one that is rejected. */
  threw(error: unknown, promise: Promise<unknown> | undefined): Promise<unknown> {
    if (promise === undefined) return atOnce(this.onError, error);
    this.onError(error);
    return promise;
  }

  /** The operation of an adopted call answered something that is no plain promise. */
  answered(result: unknown, promise: Promise<unknown> | undefined): Promise<unknown> {
    if (isThenable(result)) {
      const derived = adopted(result).then(this.onValue, this.onError);
      return promise ?? derived;
    }
    if (promise === undefined) return atOnce(this.onValue, result);
    this.onValue(result);
    return promise;
  }

  /** An adopted call has succeeded, and is on its way out in `layer`. */
  leaveFrom(layer: number, value: unknown): unknown {
    this.runs = 1;
    this.attempt.value = value;
    this.phase = Phase.leaving;
    this.countAttempt('success');
    return this.leave(layer);
  }

  /** An adopted call has failed or was refused, and is on its way out in `layer`; its attempt, if it made one, is counted. */
  leaveWith(layer: number, end: Ending, runs: number): unknown {
    this.runs = runs;
    if (end.kind === 'success') {
      this.attempt.value = end.value;
      this.off().degraded = true;
    } else {
      this.end(end.kind, end.error);
    }
    return runs === 0 ? this.leaveAtOnce(layer) : this.leave(layer);
  }

  /** Runs the layers inside `layer` once more, for the driver there. */
  again(layer: number, kind: AttemptKind, options: NextOptions | undefined): Promise<Outcome> {
    const pass = take(this.host, this.plan);
    pass.delivery = Delivery.outcome;
    const { operation, settings } = this.attempt;
    pass.attempt = new OwnedAttempt(pass, operation, settings);
    pass.from = layer + 1;
    pass.root = this.root;
    const detour = pass.off();
    detour.parent = this;
    detour.attemptKind = kind;
    detour.onStart = options?.onStart;
    detour.cooperative = options?.cooperative === true;
    const own = this.off();
    detour.nextSibling = own.firstChild;
    own.firstChild = pass;
    // Whatever answered so far did not do: the call counts by what it ends with.
    if (this.root.detour !== undefined) this.root.detour.degraded = false;
    return pass.start(options?.signal) as Promise<Outcome>;
  }

  /** Apart, because `run` is inlined where it is small. */
  private keepSite(): void {
    this.off().site = new CallSite(Pass.run);
  }

  /** Takes a pass from the pool. */
  moveTo(host: Host, plan: Plan): void {
    this.host = host;
    this.plan = plan;
    this.layers = plan.layers;
    while (this.states.length < this.layers.length) this.states.push(undefined);
  }

  /** Makes the pass's own promise. */
  private promise(): Promise<unknown> {
    this.owned = true;
    if (this.plan.keepsHome || this.host.hub.active || this.watch !== undefined) this.keepHome();
    return this.attempt.promise();
  }

  /** From now on the call finds its own async context again, whoever ends it. Apart, because `promise` is inlined where it is small. */
  private keepHome(): void {
    if (this.home !== undefined) return;
    const heard = this.root.watch?.hears === true;
    if (heard || needsHome(this.plan, this.host.hub)) this.attempt.home = homeHere();
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
    this.phase = Phase.entering;
    let admission: Admission | Promise<Admission>;
    try {
      for (; i < layers.length; i++) {
        const layer = layers[i] as Layer;
        this.layer = i;
        if (layer.gate !== undefined) {
          admission = layer.gate.enter(this);
          if (admission !== undefined) break;
        } else if (layer.begins) {
          layer.driver?.begin?.(this);
        } else if (layer.active) {
          break;
        }
      }
    } catch (error) {
      this.states[i] = undefined;
      if (this.detour?.interruption !== undefined) return this.interrupted(i - 1);
      this.fail(error);
      return this.leaveAtOnce(i - 1);
    }
    if (admission !== undefined && !isRejectedError(admission)) {
      if (isThenable(admission)) return this.wait(i, admission);
      this.fail(this.broken('enter', admission));
      return this.leaveAtOnce(i - 1);
    }
    const { detour } = this;
    if (detour !== undefined) {
      if (i === layers.length && detour.interruption === undefined) {
        const thrown = this.announceStart();
        if (thrown !== undefined) {
          this.fail(thrown.error);
          if (detour.interruption === undefined) return this.leaveAtOnce(i - 1);
        }
      }
      if (detour.interruption !== undefined) return this.interrupted(i - 1);
    }
    if (i === layers.length) return this.operate();
    if (admission === undefined) return this.driveAtOnce(i);
    this.countLimit(this.layers[i] as Layer);
    return this.refuse(i, admission);
  }

  /** The call has to wait in this layer, or is refused there at once. */
  private countLimit({ gate, name }: Layer): void {
    if (isLimit(refusalsOf(gate))) this.host.tally.limitReached(name);
  }

  private refuse(i: number, error: RejectedError): unknown {
    this.states[i] = undefined;
    this.signed(error, this.policy);
    this.host.tally.rejection(this.policy, error.reason, true);
    if (this.listening) {
      this.emit({
        type: 'rejection',
        reason: error.reason,
        enforced: true,
        retryAfter: error.retryAfter,
        error,
      });
    }
    this.end('rejected', error);
    return this.leaveAtOnce(i - 1);
  }

  private wait(i: number, admission: PromiseLike<Admission>): unknown {
    const detour = this.off();
    this.phase = Phase.waiting;
    detour.waiting = true;
    this.countLimit(this.layers[i] as Layer);
    if (this.root.watch !== undefined) detour.waitingSince = this.host.time.now();
    const derived = Promise.resolve(admission).then(
      (answer) => this.admitted(i, answer, undefined),
      (error: unknown) => this.admitted(i, undefined, { error }),
    );
    if (detour.interruption !== undefined) {
      const { layer, kind, error, expired } = detour.interruption;
      detour.interruption = undefined;
      this.giveUp(layer, kind, error, expired);
    }
    return derived;
  }

  private admitted(i: number, answer: Admission, thrown: { error: unknown } | undefined): unknown {
    const detour = this.detour as Detour;
    detour.waiting = false;
    if (this.phase !== Phase.waiting) {
      if (answer === undefined && thrown === undefined) {
        const outcome = outcomeOf('cancelled', undefined, detour.leftFor);
        if (this.exitLate([{ layer: i, state: this.states[i], outcome }])) return undefined;
      }
      this.release();
      return undefined;
    }
    this.phase = Phase.entering;
    this.endWait();
    if (thrown !== undefined) {
      this.fail(thrown.error);
      return this.leaveAtOnce(i - 1);
    }
    if (answer === undefined) return this.enter(i + 1);
    if (isRejectedError(answer)) return this.refuse(i, answer);
    this.fail(this.broken('enter', answer));
    return this.leaveAtOnce(i - 1);
  }

  private operate(): unknown {
    const { attempt } = this;
    attempt.attempt = ++this.root.runs;
    this.phase = Phase.running;
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

  protected recycle(): void {
    this.attempt.detach();
    // A pass in the pool must not keep what the call brought along.
    this.attempt = undefined as unknown as Attempt;
    this.owned = false;
    this.runs = 0;
    this.phase = Phase.idle;
    this.startedAt = Number.NaN;
    if (this.kind !== 'success') {
      this.kind = 'success';
      this.error = undefined;
    }
    if (this.detour !== undefined) {
      this.detour = undefined;
      this.root = this;
      this.from = 0;
      // Gates that were given up while they were waited for keep their state until now.
      this.states.fill(undefined);
    }
    if (pool.length < MAX_POOLED) pool.push(this);
  }
}

const MAX_POOLED = 1024;
const pool: Pass[] = [];

/** A plan is that of one host alone, which may have several. */
function take(host: Host, plan: Plan): Pass {
  const pass = pool.pop();
  if (pass === undefined) return new Pass(host, plan);
  // A store into an old object is not free, and most passes serve the pipeline that they served before.
  if (pass.plan !== plan) pass.moveTo(host, plan);
  return pass;
}
