import type { Mark } from '../copies.js';
import { isFit, MARK, markOf, ownMark } from '../copies.js';
import { systemClock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import type { TimeSource } from '../time/time-source.js';
import { timeSourceOf } from '../time/time-source.js';
import { Delivery, settledResult } from './call/delivery.js';
import type { Host } from './call/host.js';
import { Pass } from './call/pass.js';
import type { Context, LayerSettings, Operation } from './contract/context.js';
import type { EventOf, EventType, Listener } from './contract/events.js';
import type { Gate, Policy } from './contract/policy.js';
import type { Unread } from './lifecycle/closing.js';
import { Closing } from './lifecycle/closing.js';
import type { Drained, DrainOptions } from './lifecycle/drain.js';
import { allWithin, resolveDrain } from './lifecycle/drain.js';
import { Occupants } from './lifecycle/occupants.js';
import { startOverAll } from './lifecycle/start-over.js';
import type { CallOptions } from './options/call-options.js';
import { isPlain, resolveCall } from './options/call-options.js';
import type { Discard, ErrorTypeOf, StatusOf } from './options/hooks.js';
import type { ResolvedPipeline } from './options/pipeline-options.js';
import { isOperation, noOperation } from './options/wrong-arguments.js';
import type { FailureRule } from './outcome/failure-rule.js';
import { placePolicies, ruleAmong } from './place-policies.js';
import type { Placed, Plan } from './plan.js';
import { planInside, planOf } from './plan.js';
import { Hub } from './reporting/hub.js';
import { labelOf, publicKeyOf } from './reporting/label.js';
import { hearing, reportPolicies } from './reporting/listening.js';
import type { CallObserver } from './reporting/observer.js';
import { Tally } from './reporting/tally.js';

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

/** What a pipeline is doing now, as plain JSON. */
export interface PipelineSnapshot {
  /** Its name. */
  readonly name: string;
  /** Which copy of a keyed pipeline it is. */
  readonly key?: string;
  /** Calls that have started and not settled. */
  readonly inFlight: number;
  /** What each policy that keeps state says of it, by the policy's name in this pipeline. */
  readonly policies: Readonly<Record<string, unknown>>;
}

/** Made by {@link pipeline}. `Adds` is what its fallbacks may return in place of an operation's result. */
// To the engine it is a Host; what it needs for that is marked internal, which keeps it out of the published types.
export class Pipeline<Adds = never> {
  /** In types only. */
  declare readonly adds?: () => Adds;
  /** The name it was given. */
  readonly name: string;
  /** Which copy of a keyed pipeline this is; `undefined` for one that was not copied. */
  readonly key: string | undefined;
  /** @internal */
  readonly publicKey: string | undefined;
  /** @internal */
  readonly label: string;
  /** How many calls have started and not settled. */
  readonly inFlight: number = 0;
  /** @internal */
  readonly time: TimeSource;
  /** @internal */
  readonly hub: Hub;
  /** @internal */
  readonly tally: Tally;
  /** @internal */
  readonly plan: Plan;
  /** @internal What calls that start now go through: the plan, until it drains. */
  entry: Plan;
  /** @internal */
  closing: Closing | undefined;
  /** @internal Calls of a client that are not over: a body may be read when its call has settled. See {@link Pipeline.occupy}. */
  occupied = 0;
  /** @internal Those of them that may never be over: set by the client, and told when no new calls are taken. */
  unread: Unread | undefined;
  /** @internal */
  readonly captureStack: boolean;
  /** @internal */
  readonly discard: Discard | undefined;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  /** @internal */
  readonly errorTypeOf: ErrorTypeOf | undefined;
  /** @internal */
  readonly statusOf: StatusOf | undefined;
  /** @internal Set right after construction, by what joins pipelines and telemetry. */
  observer: CallObserver | undefined;
  /** @internal The keyed pipelines that this is the template of. */
  copies: readonly WeakRef<Copies>[] = NO_COPIES;
  readonly #options: ResolvedPipeline;
  readonly #isCopy: boolean;
  /** What bounds calls that bring a time of their own. */
  readonly #callTime: readonly Gate[];
  /** What such calls go through, made with the first of them. */
  #timed: { readonly of: Plan; readonly plan: Plan } | undefined;
  /** A copy with other policies than its template's. */
  readonly #isApart: boolean;
  /** Set while policies report what happens in them outside any call. */
  #unsubscribe: (() => void) | undefined;
  #occupants: Occupants | undefined;

  private constructor(
    options: ResolvedPipeline,
    place: (host: Host) => Placed[],
    callTime: readonly Gate[],
    template?: Pipeline<unknown>,
    key?: string,
    isApart = false,
  ) {
    this.#options = options;
    this.#callTime = callTime;
    this.#isCopy = template !== undefined;
    this.#isApart = isApart;
    this.name = options.name;
    this.key = key;
    this.publicKey = key === undefined ? undefined : publicKeyOf(key);
    this.label = labelOf(options.name, this.publicKey);
    this.captureStack = options.captureStack;
    this.discard = options.discard;
    this.errorTypeOf = options.errorTypeOf;
    this.statusOf = options.statusOf;
    this.time = template?.time ?? timeSourceOf(options.clock ?? systemClock);
    this.hub = template?.hub ?? new Hub();
    const like = isApart ? undefined : template;
    this.observer = key === undefined ? undefined : like?.observer?.fork(key);
    this.tally = this.observer?.tally ?? like?.tally ?? new Tally();
    const placed = place(this);
    const rule = ruleAmong(options.isFailure, placed);
    this.failureRule = rule;
    for (const { policy } of placed) policy.bind?.(this.time, rule !== undefined);
    this.plan = planOf(placed, this.errorTypeOf !== undefined || rule !== undefined, rule);
    this.entry = this.plan;
    if (this.hub.active) this.subscribe();
  }

  /** @internal Tells pipelines of all copies of this package. Behind a Proxy, which has no private fields, there is none. */
  get [MARK](): Mark | undefined {
    return #options in this ? PIPELINE : undefined;
  }

  /** @internal Whether it is a pipeline, of whatever copy of this package; never throws, whatever it is given. */
  static is(value: unknown): value is Pipeline<unknown> {
    const found = markOf(value);
    return found?.kind === PIPELINE.kind && isFit(found);
  }

  /** @internal Use {@link pipeline}. */
  static of<A>(
    options: ResolvedPipeline,
    policies: readonly PipelineLayer[],
    callTime: readonly Gate[],
  ): Pipeline<A> {
    return new Pipeline(options, (host) => flatten(policies, host), callTime);
  }

  /**
   * Runs an operation and returns its result, or what a fallback returns.
   *
   * @throws the operation's own error, unchanged; a RejectedError when a policy refused the call, a TimeoutError when a
   * timeout expired, or the reason of the caller's signal. A TypeError when the operation is no function, or `options` a bare
   * signal; a ConfigError when one of the options is unknown or wrong.
   */
  execute<T>(operation: Operation<T>, options?: CallOptions): Promise<Awaited<T> | Adds> {
    if (!isOperation(operation)) return Promise.reject(noOperation('execute', operation));
    const call = isPlain(options)
      ? Pass.run(this, this.entry, operation, Delivery.execute, options?.signal, undefined)
      : this.#runWith(options, operation, Delivery.execute);
    return call as Promise<Awaited<T> | Adds>;
  }

  /** @internal As {@link Pipeline.execute}, for a call that sets something in place of its policies' own options. */
  executeWith<T>(
    operation: Operation<T>,
    signal: AbortSignal | undefined,
    settings: LayerSettings | undefined,
  ): Promise<Awaited<T> | Adds> {
    return Pass.run(this, this.entry, operation, Delivery.execute, signal, settings) as Promise<
      Awaited<T> | Adds
    >;
  }

  /** As {@link Pipeline.execute}, but never throws: it returns how the call ended. */
  settle<T>(
    operation: Operation<T>,
    options?: CallOptions,
  ): Promise<PromiseSettledResult<Awaited<T> | Adds>> {
    if (!isOperation(operation)) {
      return Promise.resolve({ status: 'rejected', reason: noOperation('settle', operation) });
    }
    const call = isPlain(options)
      ? Pass.run(this, this.entry, operation, Delivery.settle, options?.signal, undefined)
      : this.#runWith(options, operation, Delivery.settle);
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
  snapshot(): PipelineSnapshot {
    // fromEntries defines properties: a policy may have any name, also one that assignment takes for something else.
    const policies = Object.fromEntries(
      this.plan.layers.flatMap(({ name, policy }) =>
        policy.snapshot === undefined ? [] : [[name, policy.snapshot()]],
      ),
    ) as Record<string, unknown>;
    const { name, key, inFlight } = this;
    return { name, ...(key === undefined ? {} : { key }), inFlight, policies };
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

  /** Lets go of all listeners. Calls in flight go on, and so may later ones; they are no longer reported. */
  dispose(): void {
    this.#unsubscribe?.();
    if (!this.#isCopy || this.#isApart) this.observer?.dispose();
    else this.retire();
    this.observer = undefined;
    if (!this.#isCopy) this.hub.clear();
  }

  /** As {@link Pipeline.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal A copy for one key: the same options, listeners and counters, and fresh state in every policy that has any. */
  fork(key: string): Pipeline<Adds> {
    const layers = this.plan.layers;
    return new Pipeline<Adds>(
      this.#options,
      () =>
        layers.map(({ policy, within, rule }) => {
          return { policy: policy.fork?.() ?? policy, within, rule };
        }),
      this.#callTime,
      this as Pipeline<unknown>,
      key,
    );
  }

  /** @internal A copy for one key with policies of its own: the same options and listeners, and no telemetry yet. */
  forkWith(key: string, policies: readonly PipelineLayer[]): Pipeline<unknown> {
    const place = (host: Host): Placed[] => flatten(policies, host);
    const template = this as Pipeline<unknown>;
    return new Pipeline<unknown>(this.#options, place, this.#callTime, template, key, true);
  }

  /** @internal Nobody makes calls here any more, and its policies are nobody else's. */
  retire(): void {
    for (const { policy } of this.plan.layers) policy.retire?.();
  }

  /** @internal Takes no new calls. The promise resolves when nothing is left of those in flight. */
  close(): Promise<void> {
    if (this.closing === undefined) {
      this.closing = new Closing(this);
      this.entry = this.closing.plan;
      this.unread?.close();
      // From now on only their bodies lead to them.
      this.#occupants = undefined;
    }
    return this.closing.idle;
  }

  /** @internal See `startOver` of `holdfast/testing`. Calls in flight go on, and are no longer waited for by a drain. */
  startOver(): void {
    startOverAll(this.plan.layers.map(({ policy }) => policy));
    this.closing?.end();
    this.closing = undefined;
    this.entry = this.plan;
    this.unread?.reopen();
  }

  /** @internal Counts a call of a client, until it leaves the occupants that are answered. */
  occupy(): Occupants {
    let occupants = this.#occupants;
    if (occupants?.join() === true) return occupants;
    occupants = new Occupants(this);
    occupants.join();
    this.#occupants = occupants;
    return occupants;
  }

  /** @internal Whether a call is in flight or a policy holds state that must not be dropped, such as an open breaker. */
  get busy(): boolean {
    return this.inFlight > 0 || this.plan.layers.some(({ policy }) => policy.busy?.() === true);
  }

  /** @internal Reports what happens in policies outside any call; done by `on`, and by `keyed` for its copies. */
  subscribe(): void {
    this.#unsubscribe ??= reportPolicies(this, () => {
      this.#unsubscribe = undefined;
    });
  }

  /** A call that brings more than a signal. */
  #runWith(options: unknown, operation: Operation, delivery: Delivery): Promise<unknown> {
    try {
      const method = delivery === Delivery.settle ? 'settle' : 'execute';
      const { signal, times } = resolveCall(options, method, this.time);
      const plan = times === undefined ? this.entry : this.#timedEntry();
      return Pass.run(this, plan, operation, delivery, signal, times);
    } catch (error) {
      if (delivery === Delivery.execute) return Promise.reject(error);
      return Promise.resolve(settledResult('failure', undefined, error));
    }
  }

  #timedEntry(): Plan {
    const { entry } = this;
    if (this.closing !== undefined) return entry;
    if (this.#timed?.of !== entry) {
      this.#timed = { of: entry, plan: planInside(this.#callTime, entry) };
    }
    return this.#timed.plan;
  }
}

function flatten(policies: readonly PipelineLayer[], host: Host): Placed[] {
  return placePolicies(policies, host, Pipeline.is);
}
