import * as z from 'zod';
import { positiveCount, rate } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import { durationSchema, positiveDurationSchema } from '../time/duration.js';

const NAME = 'must be a text of 1 to 100 characters';
const FACTOR = 'must be a number above 0, such as 10';
const LOAD = 'must be a share of the capacity, such as 0.75: above 0, up to 10';
const text = z.string({ error: NAME }).min(1, { error: NAME }).max(100, { error: NAME });
const factor = z.number({ error: FACTOR }).gt(0, { error: FACTOR }).max(1_000, { error: FACTOR });

/** When a trigger begins, how long it lasts, and which servers it hits. */
const triggerShape = {
  at: durationSchema.default(30_000),
  lasts: positiveDurationSchema.optional(),
  varies: durationSchema.default(0),
  servers: positiveCount.optional(),
};

const triggerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slowdown'), factor: factor.default(10), ...triggerShape }),
  z.strictObject({ kind: z.literal('spike'), factor: factor.default(2.5), ...triggerShape }),
  z.strictObject({ kind: z.literal('black_hole'), ...triggerShape }),
  z.strictObject({
    kind: z.literal('errors'),
    share: rate.default(0.5),
    slow: z.boolean().default(false),
    ...triggerShape,
  }),
  z.strictObject({ kind: z.literal('refused'), ...triggerShape }),
  z.strictObject({ kind: z.literal('delay'), by: positiveDurationSchema, ...triggerShape }),
  z.strictObject({ kind: z.literal('missing_ids'), share: rate.default(0.5), ...triggerShape }),
  z.strictObject({ kind: z.literal('restart'), ...triggerShape }),
]);

const serviceSchema = z
  .strictObject({
    mean: positiveDurationSchema.default(20),
    spread: z.enum(['exponential', 'constant', 'bimodal']).default('exponential'),
    slowShare: rate.optional(),
    slowFactor: factor.optional(),
  })
  .check(({ value, issues }) => {
    for (const key of ['slowShare', 'slowFactor'] as const) {
      if (value[key] === undefined || value.spread === 'bimodal') continue;
      const message = "has no effect unless spread is 'bimodal'";
      issues.push({ code: 'custom', input: value[key], path: [key], message });
    }
  });

/** The schema of {@link Scenario}. */
export const scenarioSchema = z
  .strictObject({
    name: text,
    about: z.string().max(1_000).default(''),
    clients: positiveCount.default(100),
    unequal: z.boolean().default(false),
    servers: positiveCount.default(1),
    workers: positiveCount.default(4),
    service: serviceSchema.prefault({}),
    dropsAbandoned: z.boolean().default(false),
    network: durationSchema.default(1),
    load: z.number({ error: LOAD }).gt(0, { error: LOAD }).max(10, { error: LOAD }).default(0.75),
    errors: rate.default(0),
    deadline: positiveDurationSchema.default(1_000),
    arrivals: positiveDurationSchema.default(120_000),
    triggers: z.array(triggerSchema).default([]),
  })
  .check(({ value, issues }) => {
    if (issues.length > 0) return;
    value.triggers.forEach((trigger, i) => {
      const wrong = (key: 'at' | 'lasts' | 'varies' | 'servers', message: string): void => {
        issues.push({ code: 'custom', input: trigger[key], path: ['triggers', i, key], message });
      };
      const { at, lasts, varies, servers } = trigger;
      if (at >= value.arrivals) wrong('at', 'must be before the arrivals end');
      if (lasts !== undefined && varies >= lasts) wrong('varies', 'must be less than lasts');
      if (lasts === undefined && varies > 0) wrong('varies', 'has no effect without lasts');
      if (servers !== undefined && (trigger.kind === 'spike' || trigger.kind === 'missing_ids')) {
        wrong('servers', `has no effect: ${trigger.kind} is a matter of the callers`);
      } else if (servers !== undefined && servers > value.servers) {
        wrong('servers', `must not be more than there are (${value.servers})`);
      }
      if (lasts === undefined && trigger.kind === 'restart') {
        wrong('lasts', 'is missing: how long each server is away');
      }
    });
  });

/** A scenario as a document: durations as text or in milliseconds, everything but the name optional. */
export type Scenario = z.input<typeof scenarioSchema>;

/** A scenario with everything filled in, in milliseconds. */
export type ResolvedScenario = z.output<typeof scenarioSchema>;

/** Something that happens to the servers or to the traffic. */
export type Trigger = ResolvedScenario['triggers'][number];

/** @throws ConfigError that names the path of each mistake. */
export function resolveScenario(scenario: unknown): ResolvedScenario {
  return parseOptions(scenarioSchema, scenario, 'scenario');
}

/** The JSON Schema of a {@link Scenario} document: for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(scenarioSchema, { io: 'input' }) };
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
