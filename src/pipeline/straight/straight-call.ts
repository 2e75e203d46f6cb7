import { type Home, homeHere } from '../call/async-context.js';
import type { ContextOwner } from '../call/attempt.js';
import { Attempt } from '../call/attempt.js';
import { Delivery } from '../call/delivery.js';
import type { Host } from '../call/host.js';
import { Pass } from '../call/pass.js';
import type { Call } from '../contract/call.js';
import type { Operation } from '../contract/context.js';
import type { CompactCopy, StraightEntrant, StraightPath } from '../contract/straight-half.js';
import type { Plan } from '../plan.js';
import { needsHome } from '../plan.js';

/** Returns the plan for the full engine. Copies without policies of their own share a compact plan. In that case this copy gets its own. */
export function wholeOf(plan: Plan, host: Host): Plan {
  return plan.isCompact ? host.plan : plan;
}

/** The owner of a call that is over. */
const ENDED: ContextOwner = { pipeline: '', deadline: Infinity, time: { now: () => 0 } };

/** A call on the straight path. It is also the context of the call's one attempt. It has no owner until a `Pass` takes it over. */
export class StraightCall extends Attempt implements StraightEntrant {
  readonly #host: Host;
  readonly #plan: Plan;
  readonly #delivery: Delivery;
  readonly #operation: Operation;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #home: Home | undefined;
  /** The pass that has taken the call over. */
  #pass: Pass | undefined;
  #stamp = 0;
  #slot = 0;
  #first: unknown;
  #second: unknown;

  constructor(host: Host, plan: Plan, operation: Operation, delivery: Delivery) {
    super();
    this.#host = host;
    this.#plan = plan;
    this.#delivery = delivery;
    this.#operation = operation;
  }

  /** Ends the call, which is no longer in flight. */
  end(): void {
    this.belongTo(ENDED);
    this.#host.inFlight--;
  }

  /** Makes a promise that can be settled at any moment. Once compiled, the executor is inlined and costs nothing. */
  promise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(value: unknown): void {
    this.#resolve?.(value);
  }

  reject(reason: unknown): void {
    this.#reject?.(reason);
  }

  /** Remembers the async context, so that the call finds it again whoever ends it. A method of its own, because that is rare. */
  keepHome(): void {
    const { hub } = this.#plan.path as StraightPath;
    if (needsHome(this.#plan, hub)) this.#home = homeHere();
  }

  // Off the path.

  threw(error: unknown, promise: Promise<unknown> | undefined): Promise<unknown> {
    return this.goOn(promise, (pass) => pass.rejected(error));
  }

  answered(result: unknown, promise: Promise<unknown> | undefined): Promise<unknown> {
    return this.goOn(promise, (pass) => pass.answer(result));
  }

  /** Lets a pass go on with a call whose operation has been called. Returns the call's promise, made here if it had none so far. */
  goOn(promise: Promise<unknown> | undefined, act: (pass: Pass) => void): Promise<unknown> {
    const own = promise ?? this.#latePromise();
    const pass = this.#pass ?? this.takeOver(this.#plan.layers.length).running();
    act(pass);
    return own as Promise<unknown>;
  }

  /** Lets a pass take the call over. The call is inside the layers before `layer`, on its way in or out. */
  takeOver(layer: number): Pass {
    const host = this.#host;
    const pass = Pass.adopt(this, host, wholeOf(this.#plan, host), this.#operation, this.#delivery);
    this.#pass = pass;
    this.belongTo(pass.view);
    const { halves } = this.#plan.path as StraightPath;
    const { states } = pass.view;
    for (let i = 0; i < layer; i++) states[i] = halves[i]?.stateOf?.(this, pass.view);
    return pass;
  }

  /** The operation has succeeded. A pass goes on. It took the call over earlier, or does so now. */
  succeedOff(value: unknown): unknown {
    return this.goOn(undefined, (pass) => pass.fulfilled(value));
  }

  /** The operation has succeeded. On the way out, the policy in `layer` has more to do, and a pass goes on there. */
  leaveFrom(layer: number, value: unknown): unknown {
    const promise = this.#latePromise();
    (this.#plan.path as StraightPath).tally.attempt('first', 'success');
    this.takeOver(layer + 1).leaveFrom(layer, 'success', value, 1);
    return promise;
  }

  /** Until it leaves the path, a call that only its operation can end goes by the operation's promise. Here it gets its own. */
  #latePromise(): Promise<unknown> | undefined {
    return this.#plan.mayAbandon ? undefined : this.promise();
  }

  get takenOver(): Call {
    this.#pass ??= this.takeOver(this.#plan.layers.length).running();
    return this.#pass.view;
  }

  /** The pass answers everything that the context is asked for, except the signal. */
  protected override get owner(): ContextOwner {
    return this.knownOwner ?? (this.takenOver as Call & ContextOwner);
  }

  override get pipeline(): string {
    return this.knownOwner === undefined ? this.#host.name : this.owner.pipeline;
  }

  override detach(): void {
    this.belongTo(ENDED);
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

  get settles(): boolean {
    return this.#delivery === Delivery.settle;
  }

  get home(): Home | undefined {
    return this.#home;
  }

  get isTakenOver(): boolean {
    return this.#pass !== undefined;
  }

  get stamp(): number {
    return this.#stamp;
  }

  set stamp(stamp: number) {
    this.#stamp = stamp;
  }

  get slot(): number {
    return this.#slot;
  }

  set slot(slot: number) {
    this.#slot = slot;
  }

  get first(): unknown {
    return this.#first;
  }

  set first(value: unknown) {
    this.#first = value;
  }

  get second(): unknown {
    return this.#second;
  }

  set second(value: unknown) {
    this.#second = value;
  }
}
