import { parseOptions } from '../../config/validate.js';
import { pipelineOf } from '../../create.js';
import { copyWith } from '../../pipeline/copying.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { ClientLayers } from '../../policies/client-rules.js';
import { hintAmongPolicies } from '../../policies/elsewhere.js';
import { policiesSchema } from '../../policies/policy-forms.js';
import { join, rosterFor } from '../../registry/join.js';
import { Keyed, keyedOf } from '../../registry/keyed.js';
import type { Joinable } from '../../registry/member.js';
import { AttributeSets } from '../../telemetry/attribute-sets.js';
import { observe } from '../../telemetry/observe.js';
import type { Clock } from '../../time/clock.js';
import { listenToFailedRequests } from '../errors/failed-requests.js';
import type { ResolvedClient } from '../options.js';
import { statusIn } from '../verdict/answer.js';
import { failedStatus } from '../verdict/verdict.js';
import type { Bounds, Keep } from './http-policies.js';
import { boundsOf, DEFAULT_DISCARD_MS, httpPolicies } from './http-policies.js';

/** The pipelines of a resilient fetch, one for each key. */
export interface Pipelines {
  readonly byKey: Keyed<unknown>;
  /** Makes the client of these pipelines a member of its registry. */
  join(client: Joinable, address?: string): void;
  /** The bounds that the timeouts of a key's pipeline set. */
  boundsOf(pipeline: Pipeline<unknown>): Bounds;
}

/** Discards a response that nobody will read. */
type DiscardWithin = (response: unknown, timeoutMs: number) => unknown;

/** Refuses pipelines with which the client cannot work. */
type Check = (pipeline: Pipeline<unknown>) => void;

/** @throws ConfigError when a policy is wrong or cannot be copied. */
export function pipelinesOf(
  options: ResolvedClient,
  clock: Clock,
  discard: DiscardWithin,
  keep?: Keep,
  check?: Check,
): Pipelines {
  const { policies, path, name, kind } = options;
  const roster = rosterFor(options, path, name);
  listenToFailedRequests();
  const perKey = typeof policies === 'function';
  const made =
    typeof policies === 'function'
      ? ofEachKey(policies, options, clock, discard, keep, check)
      : ofTemplate(httpPolicies(policies, clock, keep), options, discard);
  const { byKey } = made;
  check?.(byKey.template);
  const pipelines = (): Iterable<Pipeline<unknown>> => byKey.pipelines();
  return {
    ...made,
    join: (of, address) =>
      join(roster, byKey.template, options, { kind, of, pipelines, address, perKey }),
  };
}

type Made = Omit<Pipelines, 'join'>;

function ofTemplate(
  { layers, rules }: ClientLayers,
  options: ResolvedClient,
  discardWithin: DiscardWithin,
): Made {
  let discardMs = DEFAULT_DISCARD_MS;
  const discard = (value: unknown): unknown => discardWithin(value, discardMs);
  const template = pipelineOf({ ...pipelineOptionsOf(options), ...rules, discard }, layers);
  const bounds = boundsOf(template.plan.layers);
  discardMs = bounds.discardMs;
  return { byKey: keyedOf<unknown, unknown>(template, options), boundsOf: () => bounds };
}

function ofEachKey(
  policiesOf: (key: string) => unknown,
  options: ResolvedClient,
  clock: Clock,
  discardWithin: DiscardWithin,
  keep: Keep | undefined,
  check: Check | undefined,
): Made {
  const { path } = options;
  const telemetry = options.telemetry ?? { spans: 'auto' };
  const attributes = telemetry === false ? undefined : telemetry.attributes;
  const sets = typeof attributes === 'function' ? new AttributeSets(attributes) : undefined;
  // All keys share the template's way of discarding, which gets only the response.
  const discardTimes = new WeakMap<object, number>();
  const discard = (value: unknown): unknown =>
    discardWithin(value, discardTimes.get(Object(value)) ?? DEFAULT_DISCARD_MS);
  // The template has no policies and makes no calls: each key's pipeline reports for itself.
  const template = pipelineOf({ ...pipelineOptionsOf(options), discard, telemetry: false }, []);
  const known = new WeakMap<Pipeline<unknown>, Bounds>();
  const make = (key: string): Pipeline<unknown> => {
    const given = parseOptions(
      policiesSchema,
      policiesOf(key),
      `${path}.policies`,
      hintAmongPolicies(),
    );
    const { layers, rules } = httpPolicies(given, clock, keep);
    const made = copyWith(template, key, layers, rules);
    check?.(made);
    if (telemetry !== false) observe(made, telemetry, sets?.of(key));
    const bounds = boundsOf(made.plan.layers);
    const { discardMs } = bounds;
    const arrived = (response: unknown): void => {
      if (typeof response === 'object' && response !== null) discardTimes.set(response, discardMs);
    };
    known.set(made, { ...bounds, arrived });
    return made;
  };
  return {
    byKey: new Keyed<unknown>(template, options, make),
    boundsOf: (each) => known.get(each) as Bounds,
  };
}

function pipelineOptionsOf({ name, clock, captureStack, telemetry }: ResolvedClient) {
  return { name, clock, captureStack, telemetry, errorTypeOf: failedStatus, statusOf: statusIn };
}
