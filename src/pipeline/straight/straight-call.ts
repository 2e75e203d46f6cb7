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

/** The plan by which the full engine goes: where copies share one because they have no policies of their own, this one gets some. */
export function wholeOf(plan: Plan, host: Host): Plan {
  return plan.isCompact ? host.plan : plan;
}

/** What a call that is over belongs to. */
const ENDED: ContextOwner = { pipeline: '', deadline: Infinity, time: { now: () => 0 } };

/** A call on the straight path. It is also the context of the call's one attempt, and belongs to nobody until a pass takes it over. */
export class StraightCall extends Attempt implements StraightEntrant {
  readonly #host: Host;
  readonly #plan: Plan;
  readonly #delivery: Delivery;
  readonly #operation: Operation;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #home: Home | undefined;
  /** Who has taken it over. */
  #pass: Pass | undefined;
  #stamp = 0;
  #first: unknown;
  #second: unknown;

  constructor(host: Host, plan: Plan, operation: Operation, delivery: Delivery) {
    super();
    this.#host = host;
    this.#plan = plan;
    this.#delivery = delivery;
    this.#operation = operation;
  }

  /** It is over. */
  end(): void {
    this.belongTo(ENDED);
    this.#host.inFlight--;
  }

  /** Makes a promise that can be settled at any moment. Compiled, the executor is inlined and costs nothing. */
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

  /** From now on the call finds its own async context again, whoever ends it. Apart, because that is rare enough. */
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

  /** A pass goes on with a call whose operation has been called. Answers the call's promise, where it had none so far. */
  goOn(promise: Promise<unknown> | undefined, act: (pass: Pass) => void): Promise<unknown> {
    const own = promise ?? this.#latePromise();
    const pass = this.#pass ?? this.takeOver(this.#plan.layers.length).running();
    act(pass);
    return own as Promise<unknown>;
  }

  /** A pass goes on with a call that has come in or, on its way out, is still in as far as to `layer`. */
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

  /** The operation has succeeded, and a pass has taken the call over or does so now. */
  succeedOff(value: unknown): unknown {
    return this.goOn(undefined, (pass) => pass.fulfilled(value));
  }

  /** It has succeeded, and on the way out the policy in `layer` has more to do. */
  leaveFrom(layer: number, value: unknown): unknown {
    const promise = this.#latePromise();
    (this.#plan.path as StraightPath).tally.attempt('first', 'success');
    this.takeOver(layer + 1).leaveFrom(layer, 'success', value, 1);
    return promise;
  }

  /** A call that only its operation ends is carried by the promise of that, until it leaves the path. */
  #latePromise(): Promise<unknown> | undefined {
    return this.#plan.mayAbandon ? undefined : this.promise();
  }

  get takenOver(): Call {
    this.#pass ??= this.takeOver(this.#plan.layers.length).running();
    return this.#pass.view;
  }

  /** Whoever asks the context for more than a signal asks the pass. */
  protected override get owner(): ContextOwner {
    return this.knownOwner ?? (this.takenOver as Call & ContextOwner);
  }

  override get pipeline(): string {
    return this.knownOwner === undefined ? this.#host.name : this.owner.pipeline;
  }

  override detach(): void {
    this.belongTo(ENDED);
  }

  // What a class can show of itself only through accessors: an operation gets the call, and must not find the engine in it.

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
