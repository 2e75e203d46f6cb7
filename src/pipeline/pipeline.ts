import type { Mark } from '../copies.js';
import { isFit, MARK, markOf, ownMark } from '../copies.js';
import type { Duration } from '../time/duration.js';
import type { TimeSource } from '../time/time-source.js';
import { Delivery } from './call/delivery.js';
import { Pass } from './call/pass.js';
import type { Common, OfCopies } from './common.js';
import type { CallTraits } from './contract/call-traits.js';
import type { Context, LayerSettings, Operation } from './contract/context.js';
import type { EventOf, EventType, Listener } from './contract/events.js';
import type { PolicyMeasures } from './contract/measures.js';
import type { Policy } from './contract/policy.js';
import type { PipelineSnapshot } from './contract/snapshot.js';
import { inheritedHere, seam } from './inherited.js';
import type { Closing } from './lifecycle/closing.js';
import type { Drained, DrainOptions } from './lifecycle/drain.js';
import { allWithin, resolveDrain } from './lifecycle/drain.js';
import { Lifetime } from './lifecycle/lifetime.js';
import type { CallOptions } from './options/call-options.js';
import type { Discard, ErrorTypeOf, StatusOf } from './options/hooks.js';
import { isOperation, noOperation } from './options/wrong-arguments.js';
import type { FailureRule, SureSuccess } from './outcome/failure-rule.js';
import type { Layer, Plan } from './plan.js';
import type { Hub } from './reporting/hub.js';
import { labelOf } from './reporting/label.js';
import { hearing, reportPolicies } from './reporting/listening.js';
import type { CallObserver } from './reporting/observer.js';
import type { Tally } from './reporting/tally.js';
import { bind, runWithOptions } from './run-with-options.js';
import { runCall } from './straight/run-call.js';

/** What a layer may be: a policy, or a whole pipeline. */
export type PipelineLayer = Policy<unknown> | Pipeline<unknown>;

/** The living copies of a template. */
export interface Copies {
  /** @internal */
  pipelines(): Iterable<Pipeline<unknown>>;
}

const PIPELINE = ownMark('pipeline');

/** One for all pipelines: there may be a million of them. */
const NO_COPIES: readonly WeakRef<Copies>[] = [];

/** What the policies of a list may return in place of the operation's result. */
export type AddsOf<L> = L extends { readonly adds?: infer F }
  ? NonNullable<F> extends () => infer A
    ? A
    : never
  : never;

/**
 * Made by {@link pipeline}. `Adds` is what its fallbacks may return in place of an operation's result, `Policies` what its snapshot says of its
 * policies, by name.
 */
// To the engine it is a Host; what it needs for that is marked internal, which keeps it out of the published types.
export class Pipeline<Adds = never, Policies = unknown> {
  /** In types only. */
  declare readonly adds?: () => Adds;
  /** @internal Of a copy: when it was last asked for, in the clock's milliseconds. */
  usedAt = 0;
  /** @internal The same among all copies; see `UseOrder`. */
  used = 0;
  /** @internal */
  place = 0;
  /** In types only. */
  declare readonly states?: () => Policies;
  #common: Common;
  /** Which copy of a keyed pipeline this is; `undefined` for one that was not copied. */
  readonly key: string | undefined;
  /** How many calls have started and not settled. */
  readonly inFlight: number = 0;
  /** @internal What calls that start now go through: the plan, until it drains; `undefined` for a copy that has to be given its policies first. */
  entry: Plan | undefined;
  #plan: Plan | undefined;
  /** @internal Of a copy without policies of its own: what they keep. */
  kept: unknown[] | undefined;
  /** What hardly any copy needs. */
  #rare: Rare | undefined;

  private constructor(
    common: Common,
    key: string | undefined,
    policies?: readonly PipelineLayer[],
  ) {
    this.#common = common;
    this.key = key;
    if (policies !== undefined) this.#goThrough(common.place(policies, this, Pipeline.is));
  }

  /** @internal Use {@link pipeline}. */
  static of<A, P>(
    common: Common,
    key: string | undefined,
    policies?: readonly PipelineLayer[],
  ): Pipeline<A, P> {
    return new Pipeline(common, key, policies);
  }

  /** The name it was given. */
  get name(): string {
    return this.#common.options.name;
  }

  /**
   * Runs an operation and returns its result, or what a fallback returns.
   *
   * @throws the operation's own error, unchanged; a RejectedError when a policy refused the call, a TimeoutError when a
   * timeout expired, or the reason of the caller's signal. A TypeError when the operation is no function, or `options` a bare
   * signal; a ConfigError when one of the options is unknown or wrong.
   */
  execute<T>(operation: Operation<T>, options?: CallOptions): Promise<Awaited<T> | Adds> {
    const { entry } = this;
    const isUsual =
      options === undefined &&
      entry !== undefined &&
      seam.carrier === undefined &&
      isOperation(operation);
    const call = isUsual
      ? runCall(this, entry, operation, Delivery.execute, undefined)
      : runWithOptions(this, operation, options, Delivery.execute);
    return call as Promise<Awaited<T> | Adds>;
  }

  /** As {@link Pipeline.execute}, but never throws: it returns how the call ended. */
  settle<T>(
    operation: Operation<T>,
    options?: CallOptions,
  ): Promise<PromiseSettledResult<Awaited<T> | Adds>> {
    const { entry } = this;
    const isUsual =
      options === undefined &&
      entry !== undefined &&
      seam.carrier === undefined &&
      isOperation(operation);
    const call = isUsual
      ? runCall(this, entry, operation, Delivery.settle, undefined)
      : runWithOptions(this, operation, options, Delivery.settle);
    return call as Promise<PromiseSettledResult<Awaited<T> | Adds>>;
  }

  /**
   * Makes a function of the same arguments that runs in this pipeline. The wrapped function is given the context first, and the `this` that
   * the made one is called with: methods can be wrapped.
   *
   * @throws TypeError when the operation is no function, or a generator function.
   * @example
   * const getStock = inventory.wrap(({ signal }, sku: string) => readStock(sku, { signal }));
   * await getStock('42');
   */
  wrap<A extends unknown[], T, This = unknown>(
    operation: (this: This, context: Context, ...args: A) => T | PromiseLike<T>,
  ): (this: This, ...args: A) => Promise<Awaited<T> | Adds> {
    if (!isOperation(operation)) throw noOperation('wrap', operation);
    const through = this;
    return function (this: This, ...args: A) {
      return through.execute<T>((context) => operation.call(this, context, ...args));
    };
  }

  /**
   * Listens to the events of this pipeline: all, or those of one type. Listeners are called synchronously and in order; what
   * one throws goes to OpenTelemetry's `diag`.
   *
   * @returns A function that stops it.
   * @throws TypeError when there is no such event, or the listener is no function.
   */
  on(listener: Listener): () => void;
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  on(typeOrListener: EventType | Listener, listener?: (event: never) => void): () => void {
    const { heard, routine } = hearing(typeOrListener, listener);
    const remove = this.hub.add(heard, routine);
    this.subscribe();
    return remove;
  }

  /** What the pipeline and its policies are doing now, as plain JSON. */
  snapshot(): PipelineSnapshot<Policies> {
    const { name, key, inFlight, kept } = this;
    // A policy that is made of what is kept, only to tell its state.
    const layers = kept === undefined ? this.seen : this.#copying.planOf(kept, true).layers;
    // fromEntries defines properties: a policy may have any name, also one that assignment takes for something else.
    const policies = Object.fromEntries(
      layers.flatMap(({ name: policyName, policy }) =>
        policy.snapshot === undefined ? [] : [[policyName, policy.snapshot()]],
      ),
    );
    const ofKey = key === undefined ? {} : { key };
    return { name, ...ofKey, inFlight, policies } as PipelineSnapshot<Policies>;
  }

  /**
   * Takes no new calls from now on, and waits for those in flight, with their retries and waits in queues. New ones are refused
   * with a DrainingError. That cannot be undone. Called again, it waits for the same calls, up to a limit of its own.
   *
   * @param options The limit, or an object with it. Default 20 seconds.
   * @returns What was left at the limit. It never rejects because a call fails.
   * @throws ConfigError (as a rejection) when the limit is no duration; then nothing is closed.
   * @example
   * const { inFlight } = await inventory.drain('10s');
   */
  async drain(options?: Duration | DrainOptions): Promise<Drained> {
    const { timeout } = resolveDrain(options);
    await allWithin([this.close()], timeout, this.time.clock);
    return { inFlight: this.inFlight };
  }

  /** Lets go of all listeners, and leaves its registry. Calls in flight go on, and later ones may be made; they are no longer reported. */
  dispose(): void {
    this.#rare?.unsubscribe?.();
    const { copying } = this.#common;
    if (this.key !== undefined && copying !== undefined) {
      this.#common = copying.leave(this);
      return;
    }
    this.observer?.dispose();
    this.observer = undefined;
    if (this.key === undefined) {
      this.#common.leave?.();
      this.hub.clear();
    }
  }

  /** As {@link Pipeline.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal As {@link Pipeline.execute}, for a call that sets something in place of its policies' own options. */
  executeWith<T>(
    operation: Operation<T>,
    signal: AbortSignal | undefined,
    settings: LayerSettings | undefined,
    traits?: CallTraits,
  ): Promise<Awaited<T> | Adds> {
    const { entry } = this;
    const { execute } = Delivery;
    const isUsual = settings === undefined && traits === undefined;
    let call: Promise<unknown>;
    // Both start here: stacks show ten frames, and the caller is to be among them.
    if (isUsual && entry?.mayBeStraight === true && inheritedHere() === undefined) {
      call = runCall(this, entry, operation, execute, signal);
    } else {
      const by = bind(this, undefined, settings, traits);
      call = Pass.run(this, by.plan, operation, execute, signal, by.settings, undefined, by.traits);
    }
    return call as Promise<Awaited<T> | Adds>;
  }

  /** @internal A copy makes its policies when somebody asks for them. */
  get plan(): Plan {
    return this.#plan ?? this.make();
  }

  /** @internal */
  get publicKey(): string | undefined {
    if (this.key === undefined) return undefined;
    const own = this.#own;
    own.publicKey ??= this.#common.publicKeyOf?.(this.key);
    return own.publicKey;
  }

  /** @internal */
  get label(): string {
    return labelOf(this.name, this.publicKey);
  }

  /** @internal */
  get time(): TimeSource {
    return this.#common.time;
  }

  /** @internal */
  get hub(): Hub {
    return this.#common.hub;
  }

  /** @internal */
  get tally(): Tally {
    return this.#common.tally;
  }

  /** @internal */
  get observer(): CallObserver | undefined {
    return this.#common.observer;
  }

  /** @internal Set by what joins pipelines and telemetry; all copies have the same. */
  set observer(observer: CallObserver | undefined) {
    this.#common.observer = observer;
  }

  /** @internal */
  get captureStack(): boolean {
    return this.#common.options.captureStack;
  }

  /** @internal */
  get discard(): Discard | undefined {
    return this.#common.options.discard;
  }

  /** @internal */
  get failureRule(): FailureRule | undefined {
    return this.#common.failureRule;
  }

  /** @internal */
  get errorTypeOf(): ErrorTypeOf | undefined {
    return this.#common.options.errorTypeOf;
  }

  /** @internal */
  get sureSuccess(): SureSuccess | undefined {
    return this.#common.options.sureSuccess;
  }

  /** @internal */
  get statusOf(): StatusOf | undefined {
    return this.#common.options.statusOf;
  }

  /** @internal Reports what happens in policies outside any call; done by `on`, and by `keyed` for its copies. */
  subscribe(): void {
    // Policies that are not made yet have nothing to report; they are subscribed to when they are.
    if (this.#plan === undefined) {
      if (!this.hub.active) this.#own.subscribes = true;
      return;
    }
    const own = this.#own;
    own.unsubscribe ??= reportPolicies(this, () => {
      own.unsubscribe = undefined;
    });
  }

  /** @internal The keyed pipelines that this is the template of. */
  get copies(): readonly WeakRef<Copies>[] {
    return this.#rare?.copies ?? NO_COPIES;
  }

  /** @internal */
  set copies(copies: readonly WeakRef<Copies>[]) {
    this.#own.copies = copies;
  }

  /** @internal Its options, and how what it is the template of leaves a registry. */
  get common(): Common {
    return this.#common;
  }

  /** @internal Makes room for what its policies would count. */
  keep(): unknown[] {
    this.kept ??= this.#copying.room();
    return this.kept;
  }

  /** @internal The layers by which its state is seen: those of a copy whose policies are not made yet are as the template's. */
  get seen(): readonly Layer[] {
    return (this.#plan ?? this.#common.plan).layers;
  }

  /** @internal What a policy says of itself to telemetry. */
  measureIn(layer: number, nowMs: number): PolicyMeasures | undefined {
    const { kept } = this;
    return kept === undefined
      ? (this.seen[layer] as Layer).policy.measure?.(nowMs)
      : this.#copying.measure(layer, kept, nowMs);
  }

  /** @internal Its policies at their places. `undefined` for a copy that has to be given them first. */
  get made(): Plan | undefined {
    return this.#plan;
  }

  /** @internal Of a copy: nobody makes calls any more, and its policies have not been made. */
  get isRetired(): boolean {
    return this.#rare?.isRetired === true;
  }

  /** @internal */
  set isRetired(isRetired: boolean) {
    this.#own.isRetired = isRetired;
  }

  get #copying(): OfCopies {
    return this.#common.copying as OfCopies;
  }

  /** @internal Makes the policies of a copy. */
  make(): Plan {
    const plan = this.#copying.planOf(this.kept, this.isRetired);
    this.kept = undefined;
    if (this.closing === undefined) this.entry = plan;
    this.#goThrough(plan);
    return plan;
  }

  #goThrough(plan: Plan): void {
    this.#plan = plan;
    this.entry ??= plan;
    if (this.hub.active || this.#rare?.subscribes === true) this.subscribe();
  }

  /** @internal */
  get lifetime(): Lifetime {
    const own = this.#own;
    own.lifetime ??= new Lifetime(this);
    return own.lifetime;
  }

  /** @internal Set while it drains. */
  get closing(): Closing | undefined {
    return this.#rare?.lifetime?.closing;
  }

  /** @internal See {@link Lifetime.occupied}. */
  get occupied(): number {
    return this.#rare?.lifetime?.occupied ?? 0;
  }

  /** @internal Takes no new calls. The promise resolves when nothing is left of those in flight. */
  close(): Promise<void> {
    return this.lifetime.close();
  }

  /** @internal Tells pipelines of all copies of this package. Behind a Proxy, which has no private fields, there is none. */
  get [MARK](): Mark | undefined {
    return #common in this ? PIPELINE : undefined;
  }

  /** @internal Whether it is a pipeline, of whatever copy of this package; never throws, whatever it is given. */
  static is(value: unknown): value is Pipeline<unknown> {
    const found = markOf(value);
    return found?.kind === PIPELINE.kind && isFit(found);
  }

  get #own(): Rare {
    this.#rare ??= new Rare();
    return this.#rare;
  }
}

/** What a pipeline has only when something rare has happened to it: there may be a million copies. */
class Rare {
  publicKey: string | undefined;
  lifetime: Lifetime | undefined;
  copies: readonly WeakRef<Copies>[] = NO_COPIES;
  /** Set while policies report what happens in them outside any call. */
  unsubscribe: (() => void) | undefined;
  /** It is to be subscribed to policies that are not made yet. */
  subscribes = false;
  isRetired = false;
}
