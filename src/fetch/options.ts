import * as z from 'zod';
import { count, fnOf, nested, policyName, positiveCount } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import type { Verdict } from '../pipeline/failure-rule.js';
import { isAnyPipeline } from '../pipeline/misfit.js';
import { pipelineSchema } from '../pipeline/options.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { Pipeline, PipelineLayer } from '../pipeline/pipeline.js';
import type { TelemetryOptions } from '../pipeline/telemetry-options.js';
import type { StandardOptions } from '../policies/standard.js';
import { standardSchema } from '../policies/standard.js';
import { keyedDefaults } from '../registry/keyed.js';
import type { Clock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { durationSchema, positiveDurationSchema } from '../time/duration.js';
import type { BeforeAttempt } from './before-attempt.js';
import type { OutgoingRequest } from './request.js';
import type { FetchLike, FetchResponse, HostFetch, ResponseLike } from './types.js';

/** The policies around a request: options of the standard ones, a list of your own, or a pipeline. */
export type FetchPolicies = StandardOptions | readonly PipelineLayer[] | Pipeline<unknown>;

/**
 * Says whether what came of a request is a failure, as `isFailure` of a pipeline does: `'ignore'` says nothing of the upstream, and nobody
 * counts it. `undefined` leaves it to the rules. `'retry'` leaves that to the rules too, and
 * says that the request was not processed: it is sent again whatever its method, if its body can be.
 */
export type Classify<R = ResponseLike> = (
  outcome: Outcome<R>,
  request: OutgoingRequest,
) => Verdict | 'retry' | undefined;

/** Opt-in headers. Names go out in lower case. */
export interface FetchHeaders {
  /** Name of a header that carries the whole milliseconds left to the attempt. Default: not sent. */
  readonly deadline?: string | undefined;
  /** Name of a header that carries the number of the attempt, 1 for the first. Default: not sent. */
  readonly attempt?: string | undefined;
  /**
   * Sends an `Idempotency-Key` with methods that are not idempotent by themselves (POST, PATCH), the same on every attempt of a
   * call, which makes them safe to retry where the server honours it: `true` for a random UUID, or a function that makes it. A
   * key that the caller has set stays. Default false.
   */
  readonly idempotencyKey?: boolean | (() => string) | undefined;
}

/** What can be said of one call: in `init.holdfast`, or in a third argument, which wins. */
export interface FetchOverrides<R = ResponseLike> {
  /** The key whose policies it runs under. Default: what the `key` option answers. */
  readonly key?: string | undefined;
  /** Whether it may be sent twice. Default: decided by its method and headers. */
  readonly idempotent?: boolean | undefined;
  /** Is asked before the `classify` option. */
  readonly classify?: Classify<R> | undefined;
  /** As the option of this name. */
  readonly retryAfter?: boolean | ((response: R) => number | undefined) | undefined;
  /** An `Idempotency-Key` for this call, which makes it safe to retry; `false` for none, `true` for a random UUID. */
  readonly idempotencyKey?: string | boolean | undefined;
  /** `false`: sent once at most. Or how often at most this call is retried, whatever the policies say. Default: as the policies say. */
  readonly retry?: false | { readonly maxRetries: number } | undefined;
  /**
   * How long this call may take, retries included; `false` for as long as it takes. Unless `attemptTimeout` is set too, each attempt may take
   * all of it. Default: as the policies say.
   */
  readonly totalTimeout?: Duration | false | undefined;
  /** How long each attempt of this call may take: not longer than the whole call; `false` for as long as that. Default: as the policies say. */
  readonly attemptTimeout?: Duration | false | undefined;
  /** Is called before each attempt, after the `beforeAttempt` option. */
  readonly beforeAttempt?: BeforeAttempt<R> | undefined;
  /** As the option of this name. */
  readonly idleTimeout?: Duration | false | undefined;
  /** As the option of this name. */
  readonly bodyTimeout?: Duration | false | undefined;
}

/** What every client can be told; `R` is its kind of response. */
export interface ClientOptions<R> {
  /** Names the pipeline in errors, events and telemetry. Default: the client's kind, `fetch` or `undici`. */
  readonly name?: string | undefined;
  /** Requests with the same key share their policies' state. Default: the origin of the URL. */
  readonly key?: ((request: OutgoingRequest) => string) | undefined;
  /**
   * The policies, or a function that answers those of a key. Policies are templates: each key has copies of its own.
   * Retries and circuit breakers without a `handle` or `delayFrom` of their own follow HTTP's rules. Default: the standard
   * policies.
   */
  readonly policies?: FetchPolicies | ((key: string) => FetchPolicies) | undefined;
  /** How many keys are kept at most: see {@link KeyedOptions}. Default 10,000. */
  readonly maxKeys?: number | undefined;
  /** A key unused for this long is dropped. Default 10 minutes. */
  readonly idleFor?: Duration | undefined;
  /** Says which responses and errors are failures. Is not asked about timeouts, rejections and aborts. */
  readonly classify?: Classify<R> | undefined;
  /**
   * Is called before each attempt and may change its headers: for tokens, signatures, tracing. It may be async; its time is the
   * attempt's. What it throws is thrown by the call, is not retried, and counts for no policy. Default: none.
   */
  readonly beforeAttempt?: BeforeAttempt<R> | undefined;
  /** Whether requests may be sent twice: for all, or decided by a function. Default: by their methods and headers. */
  readonly idempotent?: boolean | ((request: OutgoingRequest) => boolean | undefined) | undefined;
  /**
   * How a failed response's wish for a delay is read: `true` from `Retry-After`, `RateLimit` and their kin, `false` not at
   * all, or a function that answers milliseconds. Default true.
   */
  readonly retryAfter?: boolean | ((response: R) => number | undefined) | undefined;
  /**
   * How long somebody who reads a body waits for its next chunk before it fails with a TimeoutError, whose `policy` is `idle_timeout`, and
   * its connection is closed. Time in which nobody reads does not count. > 0, or `false` for ever. Default 30 s.
   */
  readonly idleTimeout?: Duration | false | undefined;
  /**
   * How long a body may take from its headers on, whether or not it is read, before it fails with a TimeoutError, whose `policy` is
   * `body_timeout`. > 0, or `false` for ever. Default `false`.
   */
  readonly bodyTimeout?: Duration | false | undefined;
  /** Opt-in headers. Default none. */
  readonly headers?: FetchHeaders | undefined;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /**
   * Whether errors show where the call was made, those of fetch itself included: see `PipelineOptions`. Each call costs some microseconds
   * more. Default false.
   */
  readonly captureStack?: boolean | undefined;
  /** As for a pipeline. Default: everything, through OpenTelemetry's global API. */
  readonly telemetry?: false | TelemetryOptions | undefined;
}

/** Options of {@link resilientFetch}. */
export interface ResilientFetchOptions<F extends FetchLike = HostFetch>
  extends ClientOptions<FetchResponse<F>> {
  /** The fetch that sends: any implementation. Default: the global one, looked up at each call. */
  readonly fetch?: F | undefined;
  /**
   * What relative URLs are relative to, as `new URL(url, baseUrl)` resolves them: end it with a slash. Without one its last segment
   * is replaced (`stock` against `https://api.example/v1` is `https://api.example/stock`), and a URL that begins with a slash
   * replaces its whole path. Default: where a browser's page or worker is, otherwise nothing.
   */
  readonly baseUrl?: string | URL | undefined;
}

/** The name of the pipeline when none is given. */
export const DEFAULT_NAME = 'fetch';

const headerName = z
  .string({ error: 'must be the name of a header' })
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'must be the name of a header' })
  .transform((name) => name.toLowerCase());

const booleanOr = (what: string) => ({ error: `must be true, false or ${what}` });
const switchable = <T extends (...args: never[]) => unknown>(what: string) =>
  z.union([z.boolean(), fnOf<T>()], booleanOr(what));

const keyText = z.string({ error: 'must be a text' });

const timeOrNone = z
  .union([z.literal(false), positiveDurationSchema], {
    error: "must be a duration above 0, such as 30_000 or '30s', or false",
  })
  .transform((given) => (given === false ? Infinity : given));

const bodyTimes = {
  idleTimeout: timeOrNone.optional(),
  bodyTimeout: timeOrNone.optional(),
};

/** How long a body may stall, in milliseconds. */
const DEFAULT_IDLE_MS = 30_000;

const overrideShape = {
  classify: fnOf<Classify>().optional(),
  beforeAttempt: fnOf<BeforeAttempt>().optional(),
  retryAfter: switchable<(response: ResponseLike) => number | undefined>(
    'a function of the response',
  ).optional(),
};

const callTimeSchema = z.union([durationSchema, z.literal(false)]).optional();

/** The schema of {@link FetchOverrides}. */
export const overridesSchema = z.strictObject({
  ...overrideShape,
  ...bodyTimes,
  key: keyText.optional(),
  idempotent: z.boolean().optional(),
  idempotencyKey: z
    .union([z.string().min(1), z.boolean()], booleanOr('a text that is not empty'))
    .optional(),
  retry: z
    .union([nested(z.strictObject({ maxRetries: count })), z.literal(false)], {
      error: 'must be false or an object with maxRetries',
    })
    .optional(),
  totalTimeout: callTimeSchema,
  attemptTimeout: callTimeSchema,
});

/** Overrides as a call reads them. */
export type ResolvedOverrides = z.output<typeof overridesSchema>;

type Layers = readonly PipelineLayer[];

const POLICIES = 'must be options of the standard policies, a list of policies, or a pipeline';
const policyForms = [
  z.custom<Layers>((value) => Array.isArray(value)),
  z.custom<Pipeline<unknown>>(isAnyPipeline),
  nested(standardSchema),
] as const;

/** The schema of {@link FetchPolicies}. */
export const policiesSchema = z.union(policyForms, { error: POLICIES });

/** Policies as they were parsed. */
export type ParsedPolicies = z.output<typeof policiesSchema>;

/** The schema of what all clients can be told. */
export const clientSchema = z.strictObject({
  ...overrideShape,
  name: policyName.optional(),
  key: fnOf<(request: OutgoingRequest) => string>().optional(),
  policies: z
    .union([fnOf<(key: string) => unknown>(), ...policyForms], {
      error: `${POLICIES}, or a function of the key that answers one of these`,
    })
    .optional(),
  maxKeys: positiveCount.default(keyedDefaults.maxKeys),
  idleFor: positiveDurationSchema.default(keyedDefaults.idleFor),
  idempotent: switchable<(request: OutgoingRequest) => boolean | undefined>(
    'a function of the request',
  ).optional(),
  idleTimeout: bodyTimes.idleTimeout.default(DEFAULT_IDLE_MS),
  bodyTimeout: bodyTimes.bodyTimeout.default(Infinity),
  headers: nested(
    z.strictObject({
      deadline: headerName.optional(),
      attempt: headerName.optional(),
      idempotencyKey: switchable<() => string>('a function that makes a key').optional(),
    }),
  ).optional(),
  clock: pipelineSchema.shape.clock,
  captureStack: pipelineSchema.shape.captureStack,
  telemetry: pipelineSchema.shape.telemetry,
});

/** What all clients were told, with everything filled in. */
export interface ResolvedClient extends Omit<z.output<typeof clientSchema>, 'name'> {
  /** What the options are of, for errors. */
  readonly path: string;
  readonly name: string;
}

/** The schema of {@link ResilientFetchOptions}. */
export const resilientFetchSchema = clientSchema.extend({
  fetch: fnOf<FetchLike>().optional(),
  baseUrl: z
    .union([z.string(), z.instanceof(URL)], { error: 'must be an absolute URL' })
    .optional(),
});

/** @throws ConfigError */
export function resolveFetch(options: unknown) {
  const path = 'resilientFetch';
  const given = parseOptions(resilientFetchSchema, options, path);
  return { ...given, path, name: given.name ?? DEFAULT_NAME };
}

/** @throws ConfigError */
export function resolveOverrides(overrides: unknown): ResolvedOverrides {
  return parseOptions(overridesSchema, overrides, 'holdfast');
}
