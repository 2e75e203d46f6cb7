import type { Mark } from '../copies.js';
import { isFit, MARK, markOf, ownMark } from '../copies.js';
import { ConfigError } from '../errors.js';
import { systemClock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import type { TimeSource } from '../time/time-source.js';
import { isSameTime, timeSourceOf } from '../time/time-source.js';
import type { CallOptions } from './call-options.js';
import { isPlain, resolveCall } from './call-options.js';
import type { Unread } from './closing.js';
import { Closing } from './closing.js';
import type { Context, LayerSettings, Operation } from './context.js';
import type { Gate, Policy } from './contract.js';
import type { Drained, DrainOptions } from './drain.js';
import { allWithin, resolveDrain } from './drain.js';
import type { EventBody, EventOf, EventType, Listener, PipelineEvent } from './events.js';
import { eventTypes, Hub } from './events.js';
import type { FailureRule, IsFailure } from './failure-rule.js';
import { failureRuleOf, isPartial } from './failure-rule.js';
import type { Discard, ErrorTypeOf, Host, StatusOf } from './host.js';
import { labelOf, publicKeyOf } from './label.js';
import { refuseMisfit } from './misfit.js';
import { isOperation, listedTwice, noEvent, noOperation, notAPolicy } from './mistakes.js';
import type { CallObserver } from './observer.js';
import { Occupants } from './occupants.js';
import type { ResolvedPipeline } from './options.js';
import { Pass } from './pass.js';
import { Delivery } from './phase.js';
import type { Placed, Plan } from './plan.js';
import { planInside, planOf } from './plan.js';
import { settledResult } from './promises.js';
import type { PipelineSnapshot } from './snapshot-types.js';
import { startOverAll } from './start-over.js';
import { Tally } from './tally.js';

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
  /** In types only. */
  declare readonly states?: () => Policies;
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
  #subscriptions: (() => void)[] | undefined;
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
  static of<A, P>(
    options: ResolvedPipeline,
    policies: readonly PipelineLayer[],
    callTime: readonly Gate[],
  ): Pipeline<A, P> {
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
    const heard =
      typeof typeOrListener === 'function'
        ? typeOrListener
        : (event: PipelineEvent): unknown =>
            event.type === typeOrListener ? (listener as Listener)(event) : undefined;
    if (typeof (listener ?? typeOrListener) !== 'function') {
      throw new TypeError('pipeline.on: the listener must be a function');
    }
    if (typeof typeOrListener !== 'function' && !eventTypes.includes(typeOrListener)) {
      throw noEvent(typeOrListener);
    }
    const routine =
      typeof typeOrListener === 'function' ||
      typeOrListener === 'call' ||
      typeOrListener === 'attempt';
    const remove = this.hub.add(heard, routine);
    this.subscribe();
    return remove;
  }

  /** What the pipeline and its policies are doing now, as plain JSON. */
  snapshot(): PipelineSnapshot<Policies> {
    // fromEntries defines properties: a policy may have any name, also one that assignment takes for something else.
    const policies = Object.fromEntries(
      this.plan.layers.flatMap(({ name, policy }) =>
        policy.snapshot === undefined ? [] : [[name, policy.snapshot()]],
      ),
    ) as PipelineSnapshot<Policies>['policies'];
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
    this.#unsubscribe();
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
  fork(key: string): Pipeline<Adds, Policies> {
    const layers = this.plan.layers;
    return new Pipeline<Adds, Policies>(
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
    if (this.#subscriptions !== undefined) return;
    this.#subscriptions = [this.hub.untilSilent(() => this.#unsubscribe())];
    for (const { name: policyName, policy } of this.plan.layers) {
      if (policy.subscribe === undefined) continue;
      const report = (event: EventBody, callId?: number): void => {
        const { name, key } = this;
        const where = { pipeline: name, key, policy: policyName, callId };
        const full = { ...event, ...where } as PipelineEvent;
        this.hub.emit(full);
        this.observer?.event(full);
      };
      this.#subscriptions.push(policy.subscribe(report));
    }
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

  #unsubscribe(): void {
    for (const unsubscribe of this.#subscriptions ?? []) unsubscribe();
    this.#subscriptions = undefined;
  }
}

function flatten(policies: readonly PipelineLayer[], host: Host): Placed[] {
  const placed = policies.flatMap((layer, i): Placed[] => {
    if (Pipeline.is(layer)) {
      checkNested(layer, host, i);
      return layer.plan.layers.map(({ policy, within, rule }) => ({
        policy,
        within: [...within, layer],
        rule,
      }));
    }
    refuseMisfit(layer, `pipeline.policies[${i}]`);
    if (!isPolicy(layer)) throw notAPolicy(layer, i);
    return [{ policy: layer, within: [], rule: layer.failureRule }];
  });
  const seen = new Set<Policy<unknown>>();
  for (const { policy } of placed) {
    if (seen.has(policy)) throw listedTwice(policy);
    seen.add(policy);
  }
  return placed;
}

/** The pipeline's own idea of failure, or the first that comes with its policies: of `standard()`, or of a nested pipeline. */
function ruleAmong(
  isFailure: IsFailure | undefined,
  placed: readonly Placed[],
): FailureRule | undefined {
  const own = isFailure === undefined ? undefined : failureRuleOf(isFailure);
  if (own !== undefined && !isPartial(own)) return own;
  return placed.find(({ rule }) => rule !== undefined)?.rule ?? own;
}

/** A nested pipeline becomes layers of the outer one, whose clock and discard hook then serve them. */
function checkNested(nested: Pipeline<unknown>, host: Host, i: number): void {
  let own: string | undefined;
  if (!isSameTime(nested.time, host.time)) own = 'clock';
  else if (nested.discard !== undefined && nested.discard !== host.discard) own = 'discard hook';
  if (own === undefined) return;
  const path = `pipeline.policies[${i}]`;
  throw new ConfigError(
    `${path}: the nested pipeline "${nested.name}" has a ${own} of its own, which would not be used here; give "${host.name}" the same one`,
    { path, value: nested, policy: 'pipeline' },
  );
}

function isPolicy(value: unknown): value is Policy<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const policy = value as Record<string, unknown>;
    if (typeof policy['type'] !== 'string') return false;
    return policy['role'] === 'gate'
      ? typeof policy['enter'] === 'function' && typeof policy['exit'] === 'function'
      : policy['role'] === 'driver' && typeof policy['drive'] === 'function';
  } catch {
    // A proxy, or a getter that throws.
    return false;
  }
}
