import * as z from 'zod';
import { describe } from '../config/describe.js';
import { positiveCount } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import { ConfigError } from '../errors.js';
import type { Operation } from '../pipeline/contract/context.js';
import type { Drained, DrainOptions } from '../pipeline/lifecycle/drain.js';
import { allWithin, resolveDrain } from '../pipeline/lifecycle/drain.js';
import type { CallOptions } from '../pipeline/options/call-options.js';
import { refuseMisfit } from '../pipeline/options/incompatible-copy.js';
import type { PipelineSnapshot } from '../pipeline/pipeline.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { EventOf, EventType, Listener } from '../pipeline/reporting/events.js';
import type { Duration } from '../time/duration.js';
import { positiveDurationSchema } from '../time/duration.js';
import { DroppedPipelines, leftByKey, sumOf } from './left.js';
import { UseOrder } from './use-order.js';

/** Options of {@link keyed}. */
export interface KeyedOptions {
  /**
   * How many keys are kept: a whole number >= 1. Beyond it the least recently used goes first; a key with a call in flight, or
   * with state that must not be lost (an open breaker, a rate limiter that is not full again, a throttle that refuses calls),
   * does not go, so the bound gives way while there are only such. Default 10,000.
   */
  readonly maxKeys?: number | undefined;
  /** A key unused for this long is dropped. Default 10 minutes. */
  readonly idleFor?: Duration | undefined;
}

/** What a drain of all keys has left. */
export interface KeyedDrained extends Drained {
  /** The same for each key of which something was left. */
  readonly byKey: Readonly<Record<string, Drained>>;
}

/** The defaults of {@link KeyedOptions}. */
export const keyedDefaults = { maxKeys: 10_000, idleFor: 600_000 } as const;

/** The schema of {@link KeyedOptions}. */
export const keyedSchema = z.strictObject({
  maxKeys: positiveCount.default(keyedDefaults.maxKeys),
  idleFor: positiveDurationSchema.default(keyedDefaults.idleFor),
});

/**
 * Stamps out independent copies of a pipeline, one a key (a host, a tenant), each with its own breaker, bulkhead, limiters and
 * retry budget. The template is validated once and never runs itself. State that was given to a policy to be shared, such as
 * a `retryBudget()`, is shared by all copies.
 *
 * Copies report under the template's name, with their key in events. There are no timers: unused keys go when others are asked
 * for.
 *
 * @throws ConfigError when an option is wrong, or when a policy of the template cannot be copied.
 * @example
 * const byHost = keyed(pipeline('upstream', retry(), circuitBreaker()), { maxKeys: 500 });
 * await byHost.get(url.host).execute(({ signal }) => fetch(url, { signal }));
 */
export function keyed<Adds>(template: Pipeline<Adds>, options?: KeyedOptions): Keyed<Adds> {
  refuseMisfit(template, 'keyed');
  if (!Pipeline.is(template)) {
    throw new ConfigError('keyed: must be given the pipeline to copy, as made by pipeline()', {
      path: 'keyed',
      value: template,
      policy: 'keyed',
    });
  }
  const resolved = parseOptions(keyedSchema, options, 'keyed');
  // What cannot be copied says so now and not in the first call.
  for (const { policy } of template.plan.layers) policy.fork?.();
  return new Keyed(template, resolved);
}

/** How many copies are looked at, at most, for one that may go: the price of a new key stays bounded. */
const MAX_LOOKS = 16;

/** Made by {@link keyed}. */
export class Keyed<Adds = never> {
  readonly #template: Pipeline<Adds>;
  readonly #make: (key: string) => Pipeline<Adds>;
  readonly #maxKeys: number;
  readonly #idleMs: number;
  readonly #copies = new Map<string, Pipeline<Adds>>();
  readonly #order = new UseOrder<Pipeline<Adds>>();
  /** Before this, no copy has been idle for long enough to go. */
  #idleAt = -Infinity;
  readonly #dropped = new DroppedPipelines();
  #closed = false;

  /** @internal Use {@link keyed}. */
  constructor(
    template: Pipeline<Adds>,
    options: z.output<typeof keyedSchema>,
    make: (key: string) => Pipeline<Adds> = (key) => template.fork(key),
  ) {
    this.#template = template;
    this.#make = make;
    template.copies = [...template.copies, new WeakRef(this)];
    // Its copies are called, and what it has been till now is not to go on beside them.
    template.retire();
    this.#maxKeys = options.maxKeys;
    this.#idleMs = options.idleFor;
  }

  /** How many keys are kept now. */
  get size(): number {
    return this.#copies.size;
  }

  /**
   * The pipeline of a key, made when it is asked for the first time.
   *
   * @throws TypeError when the key is no text; what a function among the options throws that a copy has to call.
   */
  get(key: string): Pipeline<Adds> {
    const now = this.#template.time.recent();
    const known = this.#copies.get(key);
    const copy = known ?? this.#add(key);
    if (known !== undefined) this.#order.use(known);
    // Whole, as a fraction takes an object of its own.
    copy.usedAt = Math.floor(now);
    if (now >= this.#idleAt || this.#copies.size > this.#maxKeys) this.#evict(now, copy);
    return copy;
  }

  /** Whether a pipeline of this key is kept. Does not count as use. */
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

  /** The keys kept, most recently used first. */
  *keys(): IterableIterator<string> {
    for (const { key } of this.#order.latestFirst()) yield key as string;
  }

  /** Runs an operation in the pipeline of a key: see {@link Pipeline.execute}. */
  execute<T>(
    key: string,
    operation: Operation<T>,
    options?: CallOptions,
  ): Promise<Awaited<T> | Adds> {
    let pipeline: Pipeline<Adds>;
    try {
      pipeline = this.get(key);
    } catch (error) {
      return Promise.reject(error);
    }
    return pipeline.execute(operation, options);
  }

  /** Runs an operation in the pipeline of a key: see {@link Pipeline.settle}. */
  settle<T>(
    key: string,
    operation: Operation<T>,
    options?: CallOptions,
  ): Promise<PromiseSettledResult<Awaited<T> | Adds>> {
    let pipeline: Pipeline<Adds>;
    try {
      pipeline = this.get(key);
    } catch (reason) {
      return Promise.resolve({ status: 'rejected', reason });
    }
    return pipeline.settle(operation, options);
  }

  /** Listens to the events of all copies: see {@link Pipeline.on}. */
  on(listener: Listener): () => void;
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  on(typeOrListener: EventType | Listener, listener?: (event: never) => void): () => void {
    const stop = this.#template.on(typeOrListener as EventType, listener as Listener);
    for (const copy of this.#copies.values()) copy.subscribe();
    return stop;
  }

  /** @internal */
  *pipelines(): IterableIterator<Pipeline<Adds>> {
    // Not by their list: a map may change while it is walked, and this is left and taken up again.
    for (const copy of this.#copies.values()) yield copy;
  }

  /** What each copy is doing now, by key, as plain JSON. */
  snapshot(): Record<string, PipelineSnapshot> {
    return Object.fromEntries([...this.#copies].map(([key, copy]) => [key, copy.snapshot()]));
  }

  /**
   * Takes no new calls from now on, of whichever key, and waits for those in flight: see {@link Pipeline.drain}. Those of keys that
   * were dropped meanwhile are waited for, too.
   *
   * @param options The limit, or an object with it. Default 20 seconds.
   * @returns What was left at the limit, in total and by key. It never rejects because a call fails.
   * @throws ConfigError (as a rejection) when the limit is no duration; then nothing is closed.
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

  /** @internal Drains all copies. Answers those that may have calls left. */
  async closeWithin(limitMs: number): Promise<readonly Pipeline<unknown>[]> {
    this.#closed = true;
    const pipelines: readonly Pipeline<unknown>[] = [...this.pipelines(), ...this.#dropped];
    const idle = pipelines.map((each) => each.close());
    await allWithin(idle, limitMs, this.#template.time.clock);
    return pipelines;
  }

  /** @internal See `startOver` of `holdfast/testing`. Also a pipeline that somebody has kept starts over, although its key is dropped. */
  startOver(): void {
    this.#template.startOver();
    for (const copy of [...this.#copies.values()]) {
      copy.startOver();
      this.#drop(copy);
    }
    this.#closed = false;
  }

  /** Drops all keys and listeners. */
  dispose(): void {
    for (const copy of this.#copies.values()) this.#drop(copy);
    this.#template.dispose();
  }

  /** As {@link Keyed.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #add(key: string): Pipeline<Adds> {
    if (typeof key !== 'string') {
      throw new TypeError(`keyed: the key must be a string (got ${describe(key)})`);
    }
    const copy = this.#make(key);
    if (this.#closed) void copy.close();
    this.#copies.set(key, copy);
    this.#order.add(copy);
    return copy;
  }

  /** Drops what is idle, and what is too much, but never `wanted`. */
  #evict(now: number, wanted: Pipeline<Adds>): void {
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

  #drop(copy: Pipeline<Adds>): void {
    this.#copies.delete(copy.key as string);
    this.#order.remove(copy);
    this.#dropped.add(copy);
    copy.dispose();
  }
}
