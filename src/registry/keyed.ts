import { describe } from '../config/describe.js';
import { parseOptions } from '../config/validate.js';
import type * as z from '../config/zod.js';
import { ConfigError } from '../errors.js';
import type { Operation } from '../pipeline/contract/context.js';
import type { EventOf, EventType, Listener } from '../pipeline/contract/events.js';
import type { PipelineSnapshot } from '../pipeline/contract/snapshot.js';
import { copyOf, retire } from '../pipeline/copying.js';
import type { Drained, DrainOptions } from '../pipeline/lifecycle/drain.js';
import { allWithin, resolveDrain } from '../pipeline/lifecycle/drain.js';
import { startPipelineOver } from '../pipeline/lifecycle/start-over.js';
import type { CallOptions } from '../pipeline/options/call-options.js';
import { refuseMisfit } from '../pipeline/options/incompatible-copy.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { bringLateCopies } from '../policies/bring-late-copies.js';
import { randomOf } from '../policies/chance.js';
import { observerOf } from '../telemetry/copy-observers.js';
import type { Duration } from '../time/duration.js';
import type { TimeSource } from '../time/time-source.js';
import { join, rosterFor } from './join.js';
import type { KeyedOptions, ResolvedKeyed } from './keyed-options.js';
import { keyedDefaults, keyedSchema } from './keyed-options.js';
import { DroppedPipelines, leftByKey, sumOf } from './left.js';
import { assertList, pick, usable } from './pick.js';
import { UseOrder } from './use-order.js';

/** What was left after a drain of all keys. */
export interface KeyedDrained extends Drained {
  /** The same for each key that has something left. */
  readonly byKey: Readonly<Record<string, Drained>>;
}

/**
 * Makes independent copies of a pipeline, one for each key (a host, a tenant). Each has its own breaker, bulkhead, limiters and
 * retry budget. The template is validated once and never runs itself. All copies share state that was given to a policy to share, such as
 * a `retryBudget()`.
 *
 * Copies report under the template's name, with their key in events. There are no timers: unused keys are dropped when other keys are asked
 * for.
 *
 * @throws ConfigError when an option is wrong, or when a policy of the template cannot be copied.
 * @example
 * const byHost = keyed(pipeline('upstream', retry(), circuitBreaker()), { maxKeys: 500 });
 * await byHost.get(url.host).execute(({ signal }) => fetch(url, { signal }));
 */
export function keyed<Adds, Policies>(
  template: Pipeline<Adds, Policies>,
  options?: KeyedOptions,
): Keyed<Adds, Policies> {
  refuseMisfit(template, 'keyed');
  if (!Pipeline.is(template)) {
    throw new ConfigError('keyed: must be given the pipeline to copy, as made by pipeline()', {
      path: 'keyed',
      value: template,
      policy: 'keyed',
    });
  }
  const resolved: z.output<ReturnType<typeof keyedSchema>> =
    options === undefined ? keyedDefaults : parseOptions(keyedSchema, options, 'keyed');
  const { registry, critical } = template.common.options;
  const joining = {
    registry: resolved.registry ?? registry,
    critical: resolved.critical ?? critical,
  };
  const roster = rosterFor(joining, 'keyed', template.name, template);
  const made = keyedOf(template, resolved);
  join(roster, template, joining, { kind: 'keyed', of: made, pipelines: () => made.pipelines() });
  return made;
}

/** Makes a keyed pipeline from options that are known to be right. */
export function keyedOf<Adds, Policies>(
  template: Pipeline<Adds, Policies>,
  resolved: ResolvedKeyed,
): Keyed<Adds, Policies> {
  // A policy that cannot be copied throws here, and not in the first call.
  for (const { policy } of template.plan.layers) policy.fork?.();
  return new Keyed(template, resolved);
}

/** How many copies to look at, at most, for one that may go. That bounds the cost of a new key. */
const MAX_LOOKS = 16;

/**
 * One lookup in 64, where these bits of its number are 0, counts as a use of the time's last reading. The others do no more than they must: a random key
 * of many is not in the processor's caches, and the fewer instructions a lookup has, the more of that wait overlaps with the next one.
 */
const COUNTED = 63;

/** Independent copies of a pipeline, one for each key. Made by {@link keyed}. */
export class Keyed<Adds = never, Policies = unknown> {
  /** @internal */
  readonly template: Pipeline<Adds, Policies>;
  readonly #make: (key: string) => Pipeline<Adds, Policies>;
  readonly #maxKeys: number;
  readonly #idleMs: number;
  readonly #copies = new Map<string, Pipeline<Adds, Policies>>();
  readonly #order = new UseOrder<Pipeline<Adds, Policies>>();
  readonly #time: TimeSource;
  /** Before this, no copy may go. */
  #lookAt = -Infinity;
  readonly #dropped = new DroppedPipelines();
  readonly #random: () => number;
  #closed = false;

  /** @internal Use {@link keyed}. */
  constructor(
    template: Pipeline<Adds, Policies>,
    options: ResolvedKeyed,
    make: (key: string) => Pipeline<Adds, Policies> = (key) => copyOf(template, key, observerOf),
  ) {
    bringLateCopies();
    this.template = template;
    this.#time = template.time;
    this.#make = make;
    template.copies = [...template.copies, new WeakRef(this)];
    // From now on calls go to its copies. The template's own state must not go on beside theirs.
    retire(template);
    this.#maxKeys = options.maxKeys;
    this.#idleMs = options.idleFor;
    this.#random = randomOf(options.random, 'keyed');
  }

  /** The number of keys that are kept now. */
  get size(): number {
    return this.#copies.size;
  }

  /**
   * The pipeline of a key. It is made when it is first asked for.
   *
   * @throws TypeError when the key is not a string. Also whatever a function among the options throws when the copy calls it.
   */
  get(key: string): Pipeline<Adds, Policies> {
    const copy = this.#copies.get(key);
    if (copy === undefined) return this.#add(key);
    const use = this.#order.use(copy);
    const now = (use & COUNTED) === 0 ? undefined : this.#time.lastReading;
    if (now === undefined || now >= this.#lookAt) return this.#use(copy);
    copy.usedAt = now;
    return copy;
  }

  /** Whether a pipeline of this key is kept. Asking does not count as use. */
  has(key: string): boolean {
    return this.#copies.has(key);
  }

  /** Drops a key with all its state. Calls in flight go on. `false` when there was none. */
  delete(key: string): boolean {
    const copy = this.#copies.get(key);
    if (copy === undefined) return false;
    this.#drop(copy);
    return true;
  }

  /** The keys that are kept, most recently used first. */
  *keys(): IterableIterator<string> {
    for (const { key } of this.#order.latestFirst()) yield key as string;
  }

  /**
   * Chooses the key to call, for callers that balance over hosts: of two usable ones, drawn at random, the one with fewer calls in flight. A key
   * may be in the list several times, for more weight.
   *
   * @param keys All hosts that can serve the call.
   * @param tried Those that the call has tried already. They are chosen only if there are no others.
   * @throws TypeError when there are no keys, or one is not a string.
   * @example
   * const host = byHost.pick(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
   */
  pick(keys: readonly string[], tried: readonly string[] = []): string {
    return this.pickBy(keys, tried, (key) => key);
  }

  /**
   * The usable ones of these keys, in the same order: neither ejected (see `ejection`) nor behind an open circuit breaker. If less than half of
   * them are, ejections do not count. If all breakers are open, all keys are usable.
   *
   * @throws TypeError when one is not a string.
   */
  usable(keys: readonly string[]): string[] {
    assertList('keys', keys);
    return usable(keys, this.#look);
  }

  /** @internal As {@link Keyed.pick}, for texts that stand for keys. */
  pickBy(texts: readonly string[], tried: readonly string[], keyOf: (text: string) => string) {
    assertList('keys', texts);
    assertList('tried', tried);
    const known = (text: string): string => {
      assertKey(text);
      return keyOf(text);
    };
    const asked = tried.map(known);
    const isTried = (text: string): boolean => asked.includes(known(text));
    return pick(texts, isTried, (text) => this.#look(known(text)), this.#random);
  }

  readonly #look = (key: string): Pipeline<unknown> | undefined => {
    assertKey(key);
    return this.#copies.get(key);
  };

  /** Runs an operation in the pipeline of a key: see {@link Pipeline.execute}. */
  execute<T>(
    key: string,
    operation: Operation<T>,
    options?: CallOptions,
  ): Promise<Awaited<T> | Adds> {
    try {
      return this.get(key).execute(operation, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Runs an operation in the pipeline of a key: see {@link Pipeline.settle}. */
  settle<T>(
    key: string,
    operation: Operation<T>,
    options?: CallOptions,
  ): Promise<PromiseSettledResult<Awaited<T> | Adds>> {
    try {
      return this.get(key).settle(operation, options);
    } catch (reason) {
      return Promise.resolve({ status: 'rejected', reason });
    }
  }

  /** Listens to the events of all copies: see {@link Pipeline.on}. */
  on(listener: Listener): () => void;
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  on(typeOrListener: EventType | Listener, listener?: (event: never) => void): () => void {
    const stop = this.template.on(typeOrListener as EventType, listener as Listener);
    for (const copy of this.#copies.values()) copy.subscribe();
    return stop;
  }

  /** @internal */
  *pipelines(): IterableIterator<Pipeline<Adds, Policies>> {
    // Walks the map itself: a map may change during a walk, and the caller may pause this walk and continue it later.
    for (const copy of this.#copies.values()) yield copy;
  }

  /** What each copy is doing now, by key, as plain JSON. */
  snapshot(): Record<string, PipelineSnapshot<Policies>> {
    return Object.fromEntries([...this.#copies].map(([key, copy]) => [key, copy.snapshot()]));
  }

  /**
   * Stops taking new calls, for every key, and waits for calls in flight: see {@link Pipeline.drain}. It also waits for calls of keys that were
   * dropped meanwhile.
   *
   * @param options The limit, or an object with it. Default 20 seconds.
   * @returns What was left at the limit, in total and by key. It never rejects because a call fails.
   * @throws ConfigError (as a rejection) when the limit is not a duration. Nothing is closed then.
   */
  async drain(options?: Duration | DrainOptions): Promise<KeyedDrained> {
    const { timeout } = resolveDrain(options);
    const pipelines = await this.closeWithin(timeout);
    return {
      inFlight: sumOf(pipelines, ({ inFlight }) => inFlight),
      byKey: leftByKey(pipelines, (ofKey) => {
        const inFlight = sumOf(ofKey, (each) => each.inFlight);
        return inFlight === 0 ? undefined : { inFlight };
      }),
    };
  }

  /** @internal Drains all copies. Returns those that may have calls left. */
  async closeWithin(limitMs: number): Promise<readonly Pipeline<unknown>[]> {
    this.#closed = true;
    // Makes no calls, but shows that it drains.
    void this.template.close();
    const pipelines: readonly Pipeline<unknown>[] = [...this.pipelines(), ...this.#dropped];
    const idle = pipelines.map((each) => each.close());
    await allWithin(idle, limitMs, this.template.time.clock);
    return pipelines;
  }

  /** @internal See `startOver` of `holdfast/testing`. Its key is dropped, but a pipeline that somebody kept also starts over. */
  startOver(): void {
    startPipelineOver(this.template);
    for (const copy of [...this.#copies.values()]) {
      startPipelineOver(copy);
      this.#drop(copy);
    }
    this.#closed = false;
  }

  /** Drops all keys and listeners, and leaves its registry. */
  dispose(): void {
    for (const copy of this.#copies.values()) this.#drop(copy);
    this.template.dispose();
  }

  /** The same as {@link Keyed.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #add(key: string): Pipeline<Adds, Policies> {
    assertKey(key);
    const copy = this.#make(key);
    if (this.#closed) void copy.close();
    this.#copies.set(key, copy);
    this.#order.add(copy);
    return this.#use(copy);
  }

  /** Notes the time at which a copy is used, and drops others where that is due. */
  #use(copy: Pipeline<Adds, Policies>): Pipeline<Adds, Policies> {
    // A whole number, as a fraction takes an object of its own.
    const now = Math.floor(this.#time.recent());
    copy.usedAt = now;
    if (now >= this.#lookAt || this.#copies.size > this.#maxKeys) this.#evict(now, copy);
    return copy;
  }

  /** Drops copies that are idle or above the limit, but never `wanted`. */
  #evict(now: number, wanted: Pipeline<Adds, Policies>): void {
    // As long as one may have to go, each lookup looks.
    this.#lookAt = -Infinity;
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const oldest = this.#order.oldest();
      if (oldest === undefined || oldest === wanted) return;
      // All others have been used since.
      const idleAt = oldest.usedAt + this.#idleMs;
      if (now < idleAt && this.#copies.size <= this.#maxKeys) {
        this.#lookAt = idleAt;
        return;
      }
      if (isBusy(oldest)) {
        // Still needed: it goes back to the end of the line, as if it had been used.
        oldest.usedAt = now;
        this.#order.use(oldest);
        this.#order.use(wanted);
      } else {
        this.#drop(oldest);
      }
    }
  }

  #drop(copy: Pipeline<Adds, Policies>): void {
    this.#copies.delete(copy.key as string);
    this.#order.remove(copy);
    this.#dropped.add(copy);
    copy.dispose();
  }
}

/** Whether a call is in flight or a policy holds state that must not be dropped, such as an open breaker. */
function isBusy({ inFlight, made }: Pipeline<unknown>): boolean {
  return inFlight > 0 || made?.layers.some(({ policy }) => policy.busy?.() === true) === true;
}

function assertKey(key: unknown): void {
  if (typeof key === 'string') return;
  throw new TypeError(`keyed: the key must be a string (got ${describe(key)})`);
}
