import { describe } from '../config/describe.js';
import { once } from '../config/once.js';
import { positiveCount } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { ConfigError } from '../errors.js';
import type { Operation } from '../pipeline/contract/context.js';
import type { EventOf, EventType, Listener } from '../pipeline/contract/events.js';
import type { PipelineSnapshot } from '../pipeline/contract/snapshot.js';
import type { Drained, DrainOptions } from '../pipeline/lifecycle/drain.js';
import { allWithin, resolveDrain } from '../pipeline/lifecycle/drain.js';
import type { CallOptions } from '../pipeline/options/call-options.js';
import { refuseMisfit } from '../pipeline/options/incompatible-copy.js';
import type { JoinOptions } from '../pipeline/options/joining.js';
import { pipelineSchema } from '../pipeline/options/pipeline-options.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { Duration } from '../time/duration.js';
import { positiveDurationSchema } from '../time/duration.js';
import { join, rosterFor } from './join.js';
import { DroppedPipelines, leftByKey, sumOf } from './left.js';
import { UseOrder } from './use-order.js';

/** Options of {@link keyed}. `registry` and `critical` are those of the template unless they are set here. */
export interface KeyedOptions extends JoinOptions {
  /**
   * How many keys are kept: a whole number >= 1. Above that, the least recently used key is dropped first. A key is never dropped while it has a
   * call in flight, or state that must not be lost (an open breaker, a rate limiter that is not full again, a throttle that refuses calls).
   * If there are only such keys, more are kept. Default 10,000.
   */
  readonly maxKeys?: number | undefined;
  /** A key unused for this long is dropped. Default 10 minutes. */
  readonly idleFor?: Duration | undefined;
}

/** What was left after a drain of all keys. */
export interface KeyedDrained extends Drained {
  /** The same for each key that has something left. */
  readonly byKey: Readonly<Record<string, Drained>>;
}

/** The defaults of {@link KeyedOptions}. */
export const keyedDefaults = { maxKeys: 10_000, idleFor: 600_000 } as const;

/** The schema of {@link KeyedOptions}. */
export const keyedSchema = /* @__PURE__ */ once(() => {
  const { registry, critical } = z.shapeOf(pipelineSchema());
  return z.strictObject({
    maxKeys: z._default(positiveCount(), keyedDefaults.maxKeys),
    idleFor: z._default(positiveDurationSchema(), keyedDefaults.idleFor),
    registry,
    critical,
  });
});

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
  resolved: { readonly maxKeys: number; readonly idleFor: number },
): Keyed<Adds, Policies> {
  // A policy that cannot be copied throws here, and not in the first call.
  for (const { policy } of template.plan.layers) policy.fork?.();
  return new Keyed(template, resolved);
}

/** How many copies to look at, at most, for one that may go. That bounds the cost of a new key. */
const MAX_LOOKS = 16;

/** Independent copies of a pipeline, one for each key. Made by {@link keyed}. */
export class Keyed<Adds = never, Policies = unknown> {
  /** @internal */
  readonly template: Pipeline<Adds, Policies>;
  readonly #make: (key: string) => Pipeline<Adds, Policies>;
  readonly #maxKeys: number;
  readonly #idleMs: number;
  readonly #copies = new Map<string, Pipeline<Adds, Policies>>();
  readonly #order = new UseOrder<Pipeline<Adds, Policies>>();
  /** Before this, no copy has been idle for long enough to go. */
  #idleAt = -Infinity;
  readonly #dropped = new DroppedPipelines();
  #closed = false;

  /** @internal Use {@link keyed}. */
  constructor(
    template: Pipeline<Adds, Policies>,
    options: { readonly maxKeys: number; readonly idleFor: number },
    make: (key: string) => Pipeline<Adds, Policies> = (key) => template.fork(key),
  ) {
    this.template = template;
    this.#make = make;
    template.copies = [...template.copies, new WeakRef(this)];
    // From now on calls go to its copies. The template's own state must not go on beside theirs.
    template.retire();
    this.#maxKeys = options.maxKeys;
    this.#idleMs = options.idleFor;
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
    const now = this.template.time.recent();
    const known = this.#copies.get(key);
    const copy = known ?? this.#add(key);
    if (known !== undefined) this.#order.use(known);
    // A whole number, as a fraction takes an object of its own.
    copy.usedAt = Math.floor(now);
    if (now >= this.#idleAt || this.#copies.size > this.#maxKeys) this.#evict(now, copy);
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
    this.template.startOver();
    for (const copy of [...this.#copies.values()]) {
      copy.startOver();
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
    if (typeof key !== 'string') {
      throw new TypeError(`keyed: the key must be a string (got ${describe(key)})`);
    }
    const copy = this.#make(key);
    if (this.#closed) void copy.close();
    this.#copies.set(key, copy);
    this.#order.add(copy);
    return copy;
  }

  /** Drops copies that are idle or above the limit, but never `wanted`. */
  #evict(now: number, wanted: Pipeline<Adds, Policies>): void {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const oldest = this.#order.oldest();
      if (oldest === undefined || oldest === wanted) return;
      // All others have been used since.
      this.#idleAt = oldest.usedAt + this.#idleMs;
      if (now < this.#idleAt && this.#copies.size <= this.#maxKeys) return;
      if (oldest.busy) {
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
