/**
 * The path of a call that every policy lets in at once, and that succeeds: almost all calls. It is one object, and one promise or two. This
 * file is all of it, but for what the policies do (`straight-path.ts` puts that together). In every other case a `Pass` takes the call over
 * where it is, and goes on by the rules of the full engine; each such place is marked "off the path".
 */

import type { RejectedError } from '../../errors.js';
import type { Home } from '../call/async-context.js';
import { homeHere } from '../call/async-context.js';
import { settledResult } from '../call/delivery.js';
import type { Host } from '../call/host.js';
import { Pass } from '../call/pass.js';
import { Delivery } from '../call/phase.js';
import { isNative, rejectedSoon, soon } from '../call/promises.js';
import type { Aborting, ContextOwner, Operation } from '../contract/context.js';
import { Attempt } from '../contract/context.js';
import type { CompactCopy, StraightEntrant, StraightPath } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import { kindOfError } from '../outcome/outcome.js';
import type { Layer, Plan } from '../plan.js';
import { needsHome } from '../plan.js';
import type { ToldOutcome } from '../reporting/events.js';
import type { CallOutcome } from '../reporting/kinds.js';
import { Ending, leaveStraight } from './straight-end.js';
import { straightPathAt } from './straight-path.js';

/** Runs a call and answers its promise. */
export function runCall(
  host: Host,
  plan: Plan,
  operation: Operation,
  delivery: Delivery,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const watch = host.observer?.start(host);
  const path = plan.path ?? straightPathAt(plan, host);
  // Off the path: it has none, or somebody may end the call, or hears of each.
  if (path === undefined || signal !== undefined || watch !== undefined || path.hub.routine) {
    return Pass.run(host, wholeOf(plan, host), operation, delivery, signal, undefined, watch);
  }
  const call = new StraightCall(host, plan, operation, delivery);
  host.inFlight++;
  const promise = plan.mayAbandon ? call.promise() : undefined;
  if (promise !== undefined && needsHome(plan, path.hub)) call.home = homeHere();
  const end = path.enter(call);
  // Off the path: a policy refuses the call, or has it wait.
  if (end !== THROUGH) return call.turnedAway(end, promise);
  let result: unknown;
  try {
    result = operation(call);
    if (isNative(result)) {
      const derived = result.then(
        (value) => call.succeed(value),
        (error: unknown) => call.fail(error),
      );
      return promise ?? derived;
    }
  } catch (error) {
    // Off the path: the operation throws.
    return call.takenOver.threw(error, promise);
  }
  // Off the path: it has answered something other than a promise.
  return call.takenOver.answered(result, promise);
}

/** The plan by which the full engine goes: where copies share one because they have no policies of their own, this one gets some. */
function wholeOf(plan: Plan, host: Host): Plan {
  return plan.isCompact ? host.plan : plan;
}

/** Whether somebody hears of what happens in a call, or waits for its end. */
function isHeard({ inner }: Plan, hub: StraightPath['hub']): boolean {
  return hub.active || hub.routine || (inner.length > 0 && inner.some((each) => each.hub.active));
}

/** Says on an error of ours where it comes from. */
function sign(error: RejectedError, { name, key, publicKey }: Host, policy: string): void {
  error.pipeline ??= name;
  error.policy ??= policy;
  if (key !== undefined) error.key ??= publicKey;
}

/** What a call that is over belongs to. */
const ENDED: ContextOwner = { pipeline: '', deadline: Infinity, time: { now: () => 0 } };

/** A call on the straight path. It is also the context of the call's one attempt, and belongs to nobody until a pass takes it over. */
class StraightCall extends Attempt implements StraightEntrant {
  attempt: number;
  readonly #host: Host;
  readonly #plan: Plan;
  readonly #delivery: Delivery;
  readonly #operation: Operation;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #abort: Aborting;
  #home: Home | undefined;
  #owner: ContextOwner | undefined;
  #value: unknown;
  #kept0: unknown;
  #kept1: unknown;
  #kept2: unknown;

  constructor(host: Host, plan: Plan, operation: Operation, delivery: Delivery) {
    super();
    this.attempt = 1;
    this.#host = host;
    this.#plan = plan;
    this.#delivery = delivery;
    this.#operation = operation;
    this.#resolve = undefined;
    this.#reject = undefined;
    this.#abort = undefined;
    this.#home = undefined;
    this.#owner = undefined;
    this.#value = undefined;
    this.#kept0 = undefined;
    this.#kept1 = undefined;
    this.#kept2 = undefined;
  }

  succeed(value: unknown): unknown {
    const plan = this.#plan;
    const { exit, hub, tally } = plan.path as StraightPath;
    // Off the path: it is off it already, or somebody hears of its end.
    if (this.#owner !== undefined || hub.routine) return this.takenOver.succeeded(value);
    const end = exit(this);
    // Off the path: a policy has more to do.
    if (end !== THROUGH) return this.#passAt(end + 1).leaveFrom(end, value);
    this.#owner = ENDED;
    this.#host.inFlight--;
    tally.straight++;
    const settles = this.#delivery === Delivery.settle;
    const answer = settles ? settledResult('success', value, undefined) : value;
    if (!plan.mayAbandon) return answer;
    this.resolve(answer);
    return undefined;
  }

  fail(error: unknown): unknown {
    // Off the path: it is off it already, or somebody hears of what happens in it.
    const { hub, tally, halves } = this.#plan.path as StraightPath;
    if (this.#owner !== undefined || isHeard(this.#plan, hub)) return this.takenOver.failed(error);
    const end = new Ending(kindOfError(error), error);
    tally.attempt('first', end.told as ToldOutcome);
    const at = leaveStraight(halves, halves.length - 1, this, end);
    // Off the path: a policy has more to do.
    if (at !== THROUGH) return this.#passAt(at + 1).leaveWith(at, end, 1);
    return this.#end(end);
  }

  /** It was not let in by the policy in `layer`. */
  turnedAway(layer: number, promise: Promise<unknown> | undefined): Promise<unknown> {
    const host = this.#host;
    const plan = this.#plan;
    const { halves, hub, limits, tally } = plan.path as StraightPath;
    const error = isHeard(plan, hub) ? undefined : halves[layer]?.refuse?.(host);
    // Off the path: it has to wait, or there is more to it.
    if (error === undefined) {
      const entered = this.#passAt(layer).enterFrom(layer);
      return promise ?? (entered as Promise<unknown>);
    }
    const { name } = plan.layers[layer] as Layer;
    sign(error, host, name);
    if (limits[layer] === true) tally.limitReached(name);
    tally.rejection(name, error.reason, true);
    const end = new Ending('rejected', error);
    const at = leaveStraight(halves, layer - 1, this, end);
    // Off the path: a policy has more to do.
    if (at !== THROUGH) {
      const left = this.#passAt(at + 1).leaveWith(at, end, 0);
      return promise ?? (left as Promise<unknown>);
    }
    return this.#endAtOnce(end, promise);
  }

  #close(end: Ending): void {
    this.#owner = ENDED;
    this.#host.inFlight--;
    (this.#plan.path as StraightPath).tally.call(end.told as CallOutcome, false, end.error);
  }

  /** The end of a call whose operation failed: as the reaction of a promise. */
  #end(end: Ending): unknown {
    this.#close(end);
    const { kind, value, error } = end;
    const settles = this.#delivery === Delivery.settle;
    if (kind !== 'success' && !settles) {
      if (!this.#plan.mayAbandon) throw error;
      this.reject(error);
      return undefined;
    }
    const answer = settles ? settledResult(kind, value, error) : value;
    if (!this.#plan.mayAbandon) return answer;
    this.resolve(answer);
    return undefined;
  }

  /** The end of a call that was refused at once: answers its promise. */
  #endAtOnce(end: Ending, promise: Promise<unknown> | undefined): Promise<unknown> {
    this.#close(end);
    const { kind, value, error } = end;
    const settles = this.#delivery === Delivery.settle;
    if (kind !== 'success' && !settles) {
      if (promise === undefined) return rejectedSoon(error);
      soon(() => this.reject(error));
      return promise;
    }
    const answer = settles ? settledResult(kind, value, error) : value;
    if (promise === undefined) return Promise.resolve(answer);
    this.resolve(answer);
    return promise;
  }

  /** The pass that goes on with it while the operation runs. */
  get takenOver(): Pass {
    const { owner } = this;
    return owner as Pass;
  }

  /** Whoever asks the context for more than a signal asks the pass. */
  protected get owner(): ContextOwner {
    return this.#owner ?? this.#passAt(this.#plan.layers.length).running();
  }

  override get pipeline(): string {
    return this.#owner === undefined ? this.#host.name : this.#owner.pipeline;
  }

  belongTo(owner: ContextOwner): void {
    this.#owner = owner;
  }

  detach(): void {
    this.#owner = ENDED;
    this.#value = undefined;
  }

  /** A pass that has come in as far as to `layer`. */
  #passAt(layer: number): Pass {
    const host = this.#host;
    const pass = Pass.adopt(host, wholeOf(this.#plan, host), this, this.#delivery);
    const { halves } = this.#plan.path as StraightPath;
    for (let i = 0; i < layer; i++) pass.keep(i, halves[i]?.stateOf?.(this, pass));
    return pass;
  }

  /** Compiled, the executor is inlined and costs nothing. */
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

  get operation(): Operation {
    return this.#operation;
  }

  get settings(): undefined {
    return undefined;
  }

  protected get aborting(): Aborting {
    return this.#abort;
  }

  protected set aborting(aborting: Aborting) {
    this.#abort = aborting;
  }

  get value(): unknown {
    return this.#value;
  }

  set value(value: unknown) {
    this.#value = value;
  }

  get home(): Home | undefined {
    return this.#home;
  }

  set home(home: Home | undefined) {
    this.#home = home;
  }

  get copy(): CompactCopy {
    return this.#host;
  }

  get kept0(): unknown {
    return this.#kept0;
  }

  set kept0(value: unknown) {
    this.#kept0 = value;
  }

  get kept1(): unknown {
    return this.#kept1;
  }

  set kept1(value: unknown) {
    this.#kept1 = value;
  }

  get kept2(): unknown {
    return this.#kept2;
  }

  set kept2(value: unknown) {
    this.#kept2 = value;
  }
}
