import * as z from 'zod/mini';
import { once } from '../config/once.js';
import { parseData } from '../config/plain-data.js';
import { flag, positiveCount, rate } from '../config/schemas.js';
import type { Priority } from '../pipeline/contract/call-traits.js';
import { priorities } from '../pipeline/contract/call-traits.js';
import { durationSchema, positiveDurationSchema } from '../time/duration.js';
import type { Scenario } from './document.js';
import { SCENARIO_JSON_SCHEMA } from './scenario-json-schema.js';

const NAME = 'must be a text of 1 to 100 characters';
const FACTOR = 'must be a number above 0, such as 10';
const LOAD = 'must be a share of the capacity, such as 0.75: above 0, up to 10';
/** Triggers that no server has a part in. */
const OF_CALLERS: ReadonlySet<string> = new Set(['spike', 'missing_ids', 'pause']);
const text = () =>
  z
    .string({ error: NAME })
    .check(z.minLength(1, { error: NAME }), z.maxLength(100, { error: NAME }));
const number = (error: string, most: number) =>
  z.number({ error }).check(z.gt(0, { error }), z.maximum(most, { error }));
const factor = () => number(FACTOR, 1_000);

/** When a trigger begins, how long it lasts, and which servers it hits. */
const triggerShape = () => ({
  at: z._default(durationSchema(), 30_000),
  lasts: z.optional(positiveDurationSchema()),
  varies: z._default(durationSchema(), 0),
  servers: z.optional(positiveCount()),
});

const triggerSchema = () =>
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('slowdown'),
      factor: z._default(factor(), 10),
      ...triggerShape(),
    }),
    z.strictObject({
      kind: z.literal('spike'),
      factor: z._default(factor(), 2.5),
      ...triggerShape(),
    }),
    z.strictObject({ kind: z.literal('black_hole'), ...triggerShape() }),
    z.strictObject({
      kind: z.literal('errors'),
      share: z._default(rate(), 0.5),
      slow: z._default(flag(), false),
      ...triggerShape(),
    }),
    z.strictObject({ kind: z.literal('refused'), ...triggerShape() }),
    z.strictObject({ kind: z.literal('delay'), by: positiveDurationSchema(), ...triggerShape() }),
    z.strictObject({
      kind: z.literal('missing_ids'),
      share: z._default(rate(), 0.5),
      ...triggerShape(),
    }),
    z.strictObject({ kind: z.literal('restart'), ...triggerShape() }),
    z.strictObject({
      kind: z.literal('pause'),
      every: z.optional(positiveDurationSchema()),
      times: z._default(positiveCount(), 1),
      ...triggerShape(),
    }),
  ]);

const serviceSchema = () =>
  z
    .strictObject({
      mean: z._default(positiveDurationSchema(), 20),
      spread: z._default(z.enum(['exponential', 'constant', 'bimodal']), 'exponential'),
      slowShare: z.optional(rate()),
      slowFactor: z.optional(factor()),
    })
    .check(({ value, issues }) => {
      for (const key of ['slowShare', 'slowFactor'] as const) {
        if (value[key] === undefined || value.spread === 'bimodal') continue;
        const message = "has no effect unless spread is 'bimodal'";
        issues.push({ code: 'custom', input: value[key], path: [key], message });
      }
    });

const SHARES = 'must be shares that sum to 1, such as { high: 0.2, normal: 0.8 }';

const prioritiesSchema = () =>
  z
    .strictObject(
      Object.fromEntries(priorities.map((each) => [each, z.optional(rate())])) as Record<
        Priority,
        z.ZodMiniOptional<ReturnType<typeof rate>>
      >,
    )
    .check(
      z.refine(
        (shares) => {
          let sum = 0;
          for (const each of priorities) sum += shares[each] ?? 0;
          return Math.abs(sum - 1) < 1e-9;
        },
        { error: SHARES },
      ),
    );

const AMOUNT = 'must be a number above 0, such as 1000';
const amount = () => number(AMOUNT, 1e12);

const costSchema = () =>
  z.strictObject({
    mean: amount(),
    spread: z._default(z.enum(['exponential', 'constant']), 'exponential'),
  });

const quotaSchema = () =>
  z.strictObject({
    limit: amount(),
    per: z._default(positiveDurationSchema(), 1_000),
    counts: z._default(z.enum(['calls', 'cost']), 'calls'),
    shared: z._default(flag(), true),
  });

/** The schema of {@link Scenario}. */
export const scenarioSchema = /* @__PURE__ */ once(
  () =>
    z
      .strictObject({
        name: text(),
        about: z._default(z.string().check(z.maxLength(1_000)), ''),
        clients: z._default(positiveCount(), 100),
        unequal: z._default(flag(), false),
        servers: z._default(positiveCount(), 1),
        workers: z._default(positiveCount(), 4),
        service: z.prefault(serviceSchema(), {}),
        dropsAbandoned: z._default(flag(), false),
        knowsDeadlines: z._default(flag(), false),
        network: z._default(durationSchema(), 1),
        load: z._default(number(LOAD, 10), 0.75),
        errors: z._default(rate(), 0),
        deadline: z._default(positiveDurationSchema(), 1_000),
        arrivals: z._default(positiveDurationSchema(), 120_000),
        priorities: z.optional(prioritiesSchema()),
        cost: z.optional(costSchema()),
        quota: z.optional(quotaSchema()),
        triggers: z._default(z.array(triggerSchema()), []),
      })
      .check(({ value, issues }) => {
        if (issues.length > 0) return;
        value.triggers.forEach((trigger, i) => {
          const wrong = (key: string, message: string): void => {
            issues.push({
              code: 'custom',
              input: (trigger as Readonly<Record<string, unknown>>)[key],
              path: ['triggers', i, key],
              message,
            });
          };
          const { at, lasts, varies, servers } = trigger;
          if (at >= value.arrivals) wrong('at', 'must be before the arrivals end');
          if (lasts !== undefined && varies >= lasts) wrong('varies', 'must be less than lasts');
          if (lasts === undefined && varies > 0) wrong('varies', 'has no effect without lasts');
          if (servers !== undefined && OF_CALLERS.has(trigger.kind)) {
            wrong('servers', `has no effect: ${trigger.kind} is a matter of the callers`);
          } else if (servers !== undefined && servers > value.servers) {
            wrong('servers', `must not be more than there are (${value.servers})`);
          }
          if (lasts === undefined && trigger.kind === 'restart') {
            wrong('lasts', 'is missing: how long each server is away');
          }
          if (trigger.kind !== 'pause') return;
          const { every, times } = trigger;
          if (lasts === undefined) wrong('lasts', 'is missing: how long each pause is');
          else if (every !== undefined && every <= lasts + varies) {
            wrong('every', 'must be more than a pause lasts');
          }
          if (every === undefined && times > 1) wrong('every', 'is missing: when the next begins');
          if (every !== undefined && times === 1) wrong('times', 'is missing: how many there are');
        });
      }) satisfies z.ZodMiniType<ResolvedScenario, Scenario>,
);

/** A {@link Scenario} with everything filled in, in milliseconds. */
export interface ResolvedScenario {
  readonly name: string;
  readonly about: string;
  readonly clients: number;
  readonly unequal: boolean;
  readonly servers: number;
  readonly workers: number;
  readonly service: {
    readonly mean: number;
    readonly spread: 'exponential' | 'constant' | 'bimodal';
    readonly slowShare?: number | undefined;
    readonly slowFactor?: number | undefined;
  };
  readonly dropsAbandoned: boolean;
  readonly knowsDeadlines: boolean;
  readonly network: number;
  readonly load: number;
  readonly errors: number;
  readonly deadline: number;
  readonly arrivals: number;
  readonly priorities?: Partial<Record<Priority, number | undefined>> | undefined;
  readonly cost?:
    | { readonly mean: number; readonly spread: 'exponential' | 'constant' }
    | undefined;
  readonly quota?: ResolvedQuota | undefined;
  readonly triggers: readonly ResolvedTrigger[];
}

/** The quota of an upstream with everything filled in. */
export interface ResolvedQuota {
  readonly limit: number;
  readonly per: number;
  readonly counts: 'calls' | 'cost';
  readonly shared: boolean;
}

/** A {@link Trigger} with everything filled in, in milliseconds. */
export type ResolvedTrigger = {
  readonly at: number;
  /** Missing where it lasts for good. */
  readonly lasts?: number | undefined;
  readonly varies: number;
  /** Missing where it hits all servers. */
  readonly servers?: number | undefined;
} & (
  | { readonly kind: 'slowdown' | 'spike'; readonly factor: number }
  | { readonly kind: 'black_hole' | 'refused' | 'restart' }
  | { readonly kind: 'errors'; readonly share: number; readonly slow: boolean }
  | { readonly kind: 'delay'; readonly by: number }
  | { readonly kind: 'missing_ids'; readonly share: number }
  | { readonly kind: 'pause'; readonly every?: number | undefined; readonly times: number }
);

/**
 * Checks a scenario document and fills in what it leaves out.
 *
 * @throws ConfigError that names the path of each mistake.
 */
export function resolveScenario(scenario: unknown): ResolvedScenario {
  return parseData(scenarioSchema, scenario, 'scenario');
}

/** The JSON Schema of a {@link Scenario} document, for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return JSON.parse(SCENARIO_JSON_SCHEMA) as Record<string, unknown>;
}

/** What all servers can serve, in calls a second. */
export function capacityOf({ servers, workers, service }: ResolvedScenario): number {
  return (servers * workers * 1_000) / meanServiceMs(service);
}

/** How long a call takes a worker on average. */
export function meanServiceMs({
  mean,
  spread,
  slowShare = SLOW_SHARE,
  slowFactor = SLOW_FACTOR,
}: ResolvedScenario['service']): number {
  return spread === 'bimodal' ? mean * (1 - slowShare + slowShare * slowFactor) : mean;
}

export const SLOW_SHARE = 0.05;
export const SLOW_FACTOR = 10;
