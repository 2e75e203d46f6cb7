import type { DeadlineBatch } from '../../time/deadline-batch.js';
import { answer, leaveFrom, running } from '../call/adoption.js';
import { type Home, homeHere } from '../call/async-context.js';
import type { Abort, ContextOwner, RunningContext } from '../call/attempt.js';
import { abortedWith, controllerIn, timeLeftOf } from '../call/attempt.js';
import { Delivery } from '../call/delivery.js';
import type { Host } from '../call/host.js';
import { Pass } from '../call/pass.js';
import type { Call } from '../contract/call.js';
import type { Operation } from '../contract/context.js';
import type { CompactCopy, StraightEntrant, StraightPath } from '../contract/straight-half.js';
import { UNSURE } from '../contract/straight-half.js';
import type { Plan } from '../plan.js';
import { needsHome } from '../plan.js';
import { isHeard } from './straight-path.js';

/** Returns the plan for the full engine. Copies without policies of their own share a compact plan. In that case this copy gets its own. */
export function wholeOf(plan: Plan, host: Host): Plan {
  return plan.isCompact ? host.plan : plan;
}

/** What has taken a call over from the one attempt that it has so far: a pass, or what runs it again. */
interface Successor {
  /** Answers what the context is asked. */
  readonly view: ContextOwner;
  /** The run that the policy in a layer has let in, if that is not always the same. */
  viewIn?(layer: number): Call;
}

/** Stands in for the pass of a call that is over. */
const ENDED: Successor = {
  view: { pipeline: '', deadline: Infinity, time: { now: () => 0 } },
};

/** Rejects the promise that is resolved with it, one microtask later. So a call needs no function that rejects. */
class Rejection implements PromiseLike<never> {
  readonly #error: unknown;

  constructor(error: unknown) {
    this.#error = error;
  }

  // biome-ignore lint/suspicious/noThenProperty: only what has a `then` can reject a promise through its `resolve`
  then(_: unknown, reject: unknown): never {
    return (reject as (error: unknown) => never)(this.#error);
  }
}

/**
 * A call on the straight path. It is also the context of its first attempt. It extends no class, because V8 does not inline a call of
 * `super`, and has no private methods, because each object would pay for them.
 */
export class StraightCall implements RunningContext, StraightEntrant {
  attempt = 0;
  readonly #host: Host;
  readonly #plan: Plan;
  readonly #delivery: Delivery;
  readonly #operation: Operation;
  #resolve: ((value: unknown) => void) | undefined;
  #home: Home | undefined;
  #abort: Abort;
  /** What has taken the call over, or what says that the call is over. */
  #after: Successor | undefined;
  #breakerStamp = 0;
  #limiterSlot = 0;
  #otherDeadline: unknown;
  #waitsIn: DeadlineBatch | undefined;
  #waitsAt = 0;

  constructor(host: Host, plan: Plan, operation: Operation, delivery: Delivery) {
    this.#host = host;
    this.#plan = plan;
    this.#delivery = delivery;
    this.#operation = operation;
  }

  /** Ends the call, which is no longer in flight. */
  end(): void {
    this.#after = ENDED;
    this.#host.inFlight--;
  }

  /** Makes a promise that can be settled at any moment. Once compiled, the executor is inlined and costs nothing. */
  promise(): Promise<unknown> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  resolve(value: unknown): void {
    this.#resolve?.(value);
  }

  reject(reason: unknown): void {
    this.#resolve?.(new Rejection(reason));
  }

  /** Remembers the async context, so that the call finds it again whoever ends it. A method of its own, because that is rare. */
  keepHome(): void {
    const plan = this.#plan;
    if (plan.keepsHome === 'always' || needsHome(plan, (plan.path as StraightPath).hub)) {
      this.#home = homeHere();
    }
  }

  // Off the path.

  threw(error: unknown, promise: Promise<unknown> | undefined): Promise<unknown> {
    return this.goOn(promise, (pass) => pass.rejected(error));
  }

  answered(result: unknown, promise: Promise<unknown> | undefined): Promise<unknown> {
    return this.goOn(promise, (pass) => answer(pass, result));
  }

  /** Lets a pass go on with a call whose operation has been called. Returns the call's promise, made here if it had none so far. */
  goOn(promise: Promise<unknown> | undefined, act: (pass: Pass) => void): Promise<unknown> {
    const own = promise ?? this.latePromise();
    act(this.pass);
    return own as Promise<unknown>;
  }

  /** Lets a pass take the call over. The call is inside the layers before `layer`, on its way in or out. */
  takeOver(layer: number): Pass {
    const host = this.#host;
    const pass = Pass.adopt(this, host, wholeOf(this.#plan, host), this.#operation, this.#delivery);
    this.#after = pass;
    const { halves } = this.#plan.path as StraightPath;
    const { states } = pass.view;
    for (let i = 0; i < layer; i++) states[i] = halves[i]?.stateOf?.(this, pass.view);
    return pass;
  }

  /** The operation has succeeded. A pass goes on. It took the call over earlier, or does so now. */
  succeedOff(value: unknown): unknown {
    return this.goOn(undefined, (pass) => pass.fulfilled(value));
  }

  /** The operation has succeeded. On the way out, the policy in `layer` has more to do, and a pass goes on there. {@link UNSURE}: none was asked. */
  leaveFrom(layer: number, value: unknown): unknown {
    if (layer === UNSURE) return this.succeedOff(value);
    const promise = this.latePromise();
    (this.#plan.path as StraightPath).tally.attempt('first', 'success');
    leaveFrom(this.takeOver(layer + 1), layer, 'success', value, 1);
    return promise;
  }

  /** Until it leaves the path, a call that only its operation can end goes by the operation's promise. Here it gets its own. */
  private latePromise(): Promise<unknown> | undefined {
    return this.#plan.mayAbandon ? undefined : this.promise();
  }

  /** The pass that goes on with the call while its operation runs. */
  private get pass(): Pass {
    const after = this.#after as Pass | undefined;
    return after ?? running(this.takeOver(this.#plan.layers.length), 1);
  }

  expire(atMs: number): void {
    for (const { expire } of (this.#plan.path as StraightPath).halves) expire?.(this, atMs);
  }

  takenOver(layer: number): Call {
    return this.#after?.viewIn?.(layer) ?? this.pass.view;
  }

  /** Its operation has failed, and is called again. */
  runAgain(by: Successor): void {
    this.#after = by;
  }

  // The context. A pass answers everything that it is asked for, except the signal.

  get owner(): ContextOwner {
    return this.#after === ENDED ? ENDED.view : this.pass.view;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get controller(): AbortController {
    const controller = controllerIn(this.#abort);
    this.#abort = controller;
    return controller;
  }

  get deadline(): number {
    return this.owner.deadline;
  }

  get timeLeft(): number {
    return timeLeftOf(this.owner);
  }

  get pipeline(): string {
    return this.#after === ENDED ? ENDED.view.pipeline : this.#host.name;
  }

  get heardAs(): number | undefined {
    // Nobody listens, so there is no reason to leave the path.
    const plan = this.#plan;
    const { hub } = plan.path as StraightPath;
    if (this.#after === undefined && !isHeard(plan, hub)) return undefined;
    return this.owner.heardAs;
  }

  abort(reason: unknown): void {
    this.#abort = abortedWith(this.#abort, reason);
  }

  detach(): void {
    this.#after = ENDED;
  }

  // Accessors over private fields. The operation gets this call as its context, and must not find the engine in it.

  get host(): Host {
    return this.#host;
  }

  get copy(): CompactCopy {
    return this.#host;
  }

  get plan(): Plan {
    return this.#plan;
  }

  get operation(): Operation {
    return this.#operation;
  }

  get settles(): boolean {
    return this.#delivery === Delivery.settle;
  }

  get home(): Home | undefined {
    return this.#home;
  }

  get isTakenOver(): boolean {
    return this.#after !== undefined;
  }

  get breakerStamp(): number {
    return this.#breakerStamp;
  }

  set breakerStamp(stamp: number) {
    this.#breakerStamp = stamp;
  }

  get limiterSlot(): number {
    return this.#limiterSlot;
  }

  set limiterSlot(slot: number) {
    this.#limiterSlot = slot;
  }

  get otherDeadline(): unknown {
    return this.#otherDeadline;
  }

  set otherDeadline(deadline: unknown) {
    this.#otherDeadline = deadline;
  }

  get waitsIn(): DeadlineBatch | undefined {
    return this.#waitsIn;
  }

  set waitsIn(batch: DeadlineBatch | undefined) {
    this.#waitsIn = batch;
  }

  get waitsAt(): number {
    return this.#waitsAt;
  }

  set waitsAt(place: number) {
    this.#waitsAt = place;
  }
}
