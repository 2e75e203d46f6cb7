import { describe } from '../config/describe.js';
import { once } from '../config/once.js';
import { rate } from '../config/schemas.js';
import { configError, parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { mark } from '../copies.js';
import type { EventOf, EventType, Listener, PipelineEvent } from '../pipeline/contract/events.js';
import type { Drained, DrainOptions } from '../pipeline/lifecycle/drain.js';
import { resolveDrain } from '../pipeline/lifecycle/drain.js';
import { REGISTRY } from '../pipeline/options/joining.js';
import { hearing } from '../pipeline/reporting/listening.js';
import type { Duration } from '../time/duration.js';
import { FAILING_SHARE } from './health.js';
import type { MapOptions, WatchedMembers } from './map/map-of.js';
import type { ServiceMap } from './map/service-map.js';
import type { Joinable, Member } from './member.js';
import type { HealthReport } from './report.js';
import { complaintsOf, reportOf } from './report.js';
import { faultOf } from './requirements.js';
import type { Roster, Watcher } from './roster.js';
import { defaultRoster } from './roster.js';

/** Options of {@link Registry.health}. */
export interface HealthOptions {
  /** From this share of failing calls on, 0..1, a dependency is degraded: of those in its breaker's window, when these are 20 or more. Default 0.2. */
  readonly failingShare?: number | undefined;
}

/** What a drain of a registry left. */
export interface RegistryDrained extends Drained {
  /** The same for each member of which something was left. */
  readonly byName: Readonly<Record<string, Drained>>;
}

const healthSchema = /* @__PURE__ */ once(() =>
  z.strictObject({ failingShare: z._default(rate(), FAILING_SHARE) }),
);

/** Makes a roster that of a registry. It may be one already, of another copy. */
function equip(roster: Roster): Set<Watcher> {
  const { members } = roster;
  const watchers = roster.watchers ?? new Set();
  roster.watchers = watchers;
  roster.tell ??= (member, joins) => {
    for (const watcher of watchers) watcher(member, joins);
  };
  roster.admit ??= (name, policy, instead) => {
    const known = members.get(name);
    if (known === undefined || known.of === instead) return;
    const message = `is in the registry already, as ${known.kind}: choose another name or no registry, or get(name)?.of.dispose() first`;
    throw configError(policy, [{ path: `${policy}.name`, message, value: name }]);
  };
  return watchers;
}

/**
 * The dependencies of this process, by name. Made by {@link registry}. Pipelines, keyed ones and clients join by their option `registry`. A member stays,
 * and is held, until it is disposed.
 */
export class Registry {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(Registry, REGISTRY);

  /** @internal */
  readonly roster: Roster;
  readonly #watched: WatchedMembers = new WeakMap();
  readonly #watchers: Set<Watcher>;

  /** @internal Use {@link registry}. */
  constructor(roster: Roster) {
    this.roster = roster;
    this.#watchers = equip(roster);
  }

  /** How many members it has. */
  get size(): number {
    return this.roster.members.size;
  }

  /** Whether it has a member of this name. */
  has(name: string): boolean {
    return this.roster.members.has(name);
  }

  /** The member of this name. `Of` is the type of what has joined: who asks for it has to know. */
  get<Of extends Joinable = Joinable>(name: string): Member<Of> | undefined {
    return this.roster.members.get(name) as Member<Of> | undefined;
  }

  /** All members, in the order in which they joined. */
  [Symbol.iterator](): IterableIterator<Member> {
    return this.roster.members.values();
  }

  /** What each member is doing now, by name, as plain JSON. */
  snapshot(): Record<string, unknown> {
    return Object.fromEntries([...this].map(({ name, of }) => [name, of.snapshot()]));
  }

  /**
   * Listens to the events of all members, also of those that join later: see `Pipeline.on`. Each event comes once, and names its pipeline.
   *
   * @returns A function that stops it.
   * @throws TypeError when there is no such event, or the listener is no function.
   */
  on(listener: Listener): () => void;
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
  on(typeOrListener: EventType | Listener, listener?: (event: never) => void): () => void {
    hearing(typeOrListener, listener);
    const given = (listener ?? typeOrListener) as Listener;
    // A pipeline that is nested in another one hears the same events.
    const told = new WeakSet<PipelineEvent>();
    const hear = (event: PipelineEvent): unknown => {
      if (told.has(event)) return undefined;
      told.add(event);
      return given(event);
    };
    const stops = new Map<Member, () => void>();
    const watch: Watcher = (member, joins) => {
      stops.get(member)?.();
      stops.delete(member);
      const { of } = member;
      if (joins)
        stops.set(member, listener ? of.on(typeOrListener as EventType, hear) : of.on(hear));
    };
    const watchers = this.#watchers;
    for (const member of this) watch(member, true);
    watchers.add(watch);
    return () => {
      watchers.delete(watch);
      for (const member of stops.keys()) watch(member, false);
    };
  }

  /**
   * Drains all members at the same time: none takes new calls from now on, and those in flight are waited for. See `Pipeline.drain`.
   *
   * @param options The limit, or an object with it. Default 20 seconds.
   * @returns What was left at the limit, in total and by name. It never rejects because a call fails.
   * @throws ConfigError (as a rejection) when the limit is no duration. Nothing is closed then.
   */
  async drain(options?: Duration | DrainOptions): Promise<RegistryDrained> {
    const limit = resolveDrain(options);
    const all = await Promise.all(
      [...this].map(async ({ name, of }) => [name, await of.drain(limit)] as const),
    );
    return {
      inFlight: all.reduce((sum, [, { inFlight }]) => sum + inFlight, 0),
      byName: Object.fromEntries(
        all.filter(
          ([, { inFlight, bodies = 0 }]: readonly [string, Drained & { bodies?: number }]) =>
            inFlight + bodies > 0,
        ),
      ),
    };
  }

  /** Disposes of all members, which frees their names, and lets go of all listeners. Others may join afterwards. */
  dispose(): void {
    for (const { of } of this) of.dispose();
    this.#watchers.clear();
  }

  /** The same as {@link Registry.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Makes sure at start-up that these dependencies are guarded: each has joined, has a circuit breaker that may refuse calls, and takes calls.
   *
   * @param names Without any: all members that are `critical`.
   * @throws ConfigError that lists every fault, with its remedy.
   * @example
   * defaultRegistry.require('payments', 'inventory');
   */
  require(...names: readonly string[]): void {
    const { members } = this.roster;
    const wanted =
      names.length > 0 ? names : [...this].flatMap(({ name, critical }) => (critical ? name : []));
    const issues = wanted.flatMap((name) => {
      const message = faultOf(name, members);
      return message === undefined
        ? []
        : [{ path: `require(${describe(name)})`, message, value: undefined }];
    });
    if (issues.length > 0) throw configError('registry', issues, 'faults');
  }

  /**
   * How the dependencies are: see `docs/registry.md` for the rules.
   *
   * @throws ConfigError when an option is wrong.
   */
  health(options?: HealthOptions): HealthReport {
    const { failingShare } = parseOptions(healthSchema, options, 'health');
    return reportOf(this, failingShare);
  }

  /**
   * This service, its dependencies, and how its calls have been going lately, as plain JSON. `holdfast/services` draws it, and joins it with the maps of
   * other services.
   *
   * The first map begins to measure, and has no rates yet. A later one looks 30 to 90 seconds back if maps are made often, else to the last map.
   *
   * The code for it is loaded with the first map, so that programs that draw none do without.
   *
   * @throws ConfigError (as a rejection) when an option is wrong.
   * @example
   * const map = await defaultRegistry.map({ service: 'orders' });
   */
  async map(options?: MapOptions): Promise<ServiceMap> {
    const { mapOf } = await import('./map/map-of.js');
    return mapOf(this, options, this.#watched, (each) => complaintsOf(each, FAILING_SHARE));
  }
}

/**
 * Makes a registry, for dependencies that are to be apart from those of the default one.
 *
 * @example
 * const ours = registry();
 * const payments = pipeline({ name: 'payments', registry: ours, critical: true }, ...standard());
 * ours.require('payments');
 */
export function registry(): Registry {
  return new Registry({ members: new Map() });
}

/** The registry that `registry: true` means: one for the process, also where several copies of this package are loaded. */
export const defaultRegistry: Registry = /* @__PURE__ */ new Registry(
  /* @__PURE__ */ defaultRoster(),
);
