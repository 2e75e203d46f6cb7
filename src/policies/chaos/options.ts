import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { count, fnOf, nested, off, rate } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Context } from '../../pipeline/contract/context.js';
import { isThenable } from '../../pipeline/outcome/promises.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema, positiveDurationSchema } from '../../time/duration.js';
import { hintAt } from '../../time/duration-hint.js';
import { chaosNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';

/** A source of random numbers, 0 <= number < 1, that come from the seed. */
export type SeededRandom = () => number;

/** Errors in place of the operation: see {@link ChaosOptions.faults}. */
export interface ChaosFaults {
  /** How many attempts get one: 0..1. */
  readonly rate: number;
  /** Makes the error. It should look like one of the upstream's. */
  readonly error: (context: Context, random: SeededRandom) => unknown;
}

/** Waits before the operation: see {@link ChaosOptions.latency}. */
export interface ChaosLatency {
  /** How many attempts have to wait: 0..1. */
  readonly rate: number;
  /** How long, or a function that returns it. */
  readonly delay: Duration | ((context: Context, random: SeededRandom) => Duration);
}

/** Results in place of those of the operation: see {@link ChaosOptions.results}. */
export interface ChaosResults<T> {
  /** How many attempts get one: 0..1. */
  readonly rate: number;
  /** The result, or a function that makes one and may be asynchronous. A Response can be read once, so it takes a function. */
  readonly value: T | ((context: Context, random: SeededRandom) => T | PromiseLike<T>);
}

/** Whatever else may happen before the operation: see {@link ChaosOptions.behavior}. */
export interface ChaosBehavior {
  /** Before how many attempts it happens: 0..1. */
  readonly rate: number;
  /** What happens. The attempt waits for it. If it fails, the attempt fails. */
  readonly run: (context: Context, random: SeededRandom) => unknown;
}

/** Options of {@link chaos}. At least one kind of injection is required. */
export interface ChaosOptions<T = unknown> extends Named {
  /** Errors in place of the operation, which is not called. */
  readonly faults?: ChaosFaults | undefined;
  /** Waits before the operation, which is called afterwards. */
  readonly latency?: ChaosLatency | undefined;
  /** Results in place of the operation, which is not called. Where a fault is injected, too, that is the outcome. */
  readonly results?: ChaosResults<T> | undefined;
  /** Whatever else may happen before the operation: a connection is dropped, a cache emptied. */
  readonly behavior?: ChaosBehavior | undefined;
  /** Which attempts something may be injected into: `true` for yes. Asked while it is on. Default: all. */
  readonly when?: ((context: Context) => boolean) | undefined;
  /**
   * Where the random numbers begin: a whole number >= 0. The same seed injects the same into the same sequence of attempts, from each start on.
   * Default: a random one. The snapshot and the event `chaos_started` tell it.
   */
  readonly seed?: number | undefined;
}

/** Options of {@link ChaosPolicy.start}. */
export interface ChaosStartOptions {
  /** It is off again after this time: longer than 0, or `false` for no limit. Default 10 minutes. */
  readonly for?: Duration | false | undefined;
}

/** How long it is on unless something else is said. */
export const DEFAULT_FOR_MS = 600_000;

const delaySays = (value: unknown) =>
  `must be a duration such as '500ms', or a function${hintAt(value)}`;
const MADE_ONCE = 'must be a result that can be used more than once, else give a function';
const NOTHING = 'must inject something: give it faults, latency, results or behavior';

type Fn<F extends keyof O, O> = Extract<O[F], (...args: never[]) => unknown>;

/** The schema of {@link ChaosOptions}. */
export const chaosSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      faults: kind({ error: fnOf<ChaosFaults['error']>() }),
      latency: kind({
        delay: z.union([durationSchema(), fnOf<Fn<'delay', ChaosLatency>>()], delaySays),
      }),
      results: kind({ value: z.custom<unknown>(isReusable, MADE_ONCE) }),
      behavior: kind({ run: fnOf<ChaosBehavior['run']>() }),
      when: fnOf<(context: Context) => boolean>(),
      seed: count(),
      ...namedShape(),
    },
    {},
    z.refine(
      ({ faults, latency, results, behavior }) =>
        (faults ?? latency ?? results ?? behavior) !== undefined,
      NOTHING,
    ),
  ),
);

function kind<S extends Readonly<Record<string, z.Schema>>>(shape: S) {
  return nested(z.strictObject({ rate: rate(), ...shape }));
}

/** Whether many calls can get it. */
function isReusable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined;
  return !isThenable(value) && !('bodyUsed' in value);
}

/** Options as the policy has them. */
export type ResolvedChaos = z.output<ReturnType<typeof chaosSchema>>;

/** @throws ConfigError */
export function resolveChaos(options: ChaosOptions): ResolvedChaos {
  return parseOptions(chaosSchema, options, 'chaos', hintFrom(chaosNames));
}

const startSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      for: z.union(
        [positiveDurationSchema(), off()],
        (value) => `must be a duration such as '10m', or false for no limit${hintAt(value)}`,
      ),
    },
    {},
  ),
);

/**
 * How long a start is for, in milliseconds.
 *
 * @throws ConfigError
 */
export function resolveStart(options: ChaosStartOptions | undefined): number {
  const { for: forMs = DEFAULT_FOR_MS } = parseOptions(startSchema, options, 'chaos.start');
  return forMs === false ? Infinity : forMs;
}
