import { once } from '../config/once.js';
import { fnOf, headerName, nested, policyName, positiveCount } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { checked } from '../config/zod.js';
import type { Priority } from '../pipeline/contract/call-traits.js';
import { PRIORITY } from '../pipeline/options/call-options.js';
import type { JoinOptions } from '../pipeline/options/joining.js';
import { pipelineSchema } from '../pipeline/options/pipeline-options.js';
import type { TelemetryOptions } from '../pipeline/options/telemetry-options.js';
import type { Pipeline, PipelineLayer } from '../pipeline/pipeline.js';
import { POLICY_FORMS, policyForms } from '../policies/policy-forms.js';
import type { StandardOptions } from '../policies/standard.js';
import { keyedDefaults } from '../registry/keyed-options.js';
import type { Clock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { positiveDurationSchema } from '../time/duration.js';
import { clientHint } from './hints.js';
import type { Classify } from './overrides.js';
import { bodyTimes, overrideShape, prioritySchema, switchable } from './overrides.js';
import type { BeforeAttempt } from './request/before-attempt.js';
import type { OutgoingRequest } from './request/request.js';
import type { FetchLike, FetchResponse, HostFetch } from './types.js';

/** The policies around a request: options of the standard ones, a list of your own, or a pipeline. */
export type FetchPolicies = StandardOptions | readonly PipelineLayer[] | Pipeline<unknown>;

/** Policies of your own, in place of {@link ClientOptions.policies}. */
export interface OwnPolicies<Layer extends PipelineLayer = PipelineLayer> {
  /** A list of policies, a pipeline, or a function that returns one of them for a key. */
  readonly policies: Layer | readonly Layer[] | ((key: string) => Layer | readonly Layer[]);
}

/** Opt-in headers. Names go out in lower case. */
export interface FetchHeaders {
  /** Name of a header that carries the whole milliseconds left to the attempt. Default: not sent. */
  readonly deadline?: string | undefined;
  /** Name of a header that carries the number of the attempt, 1 for the first. Default: not sent. */
  readonly attempt?: string | undefined;
  /** Name of a header that carries the priority of the call, its own or the inherited one, if it has one. Default: not sent. */
  readonly priority?: string | undefined;
  /**
   * Sends an `Idempotency-Key` with methods that are not idempotent by themselves (POST, PATCH). All attempts of a call send the same key,
   * so that they are safe to retry where the server honours it. `true` sends a random UUID; a function makes the key. A
   * key that the caller has set stays. Default false.
   */
  readonly idempotencyKey?: boolean | (() => string) | undefined;
}

/** Options of every client. `R` is its kind of response. */
export interface ClientOptions<R> extends JoinOptions {
  /** Names the pipeline in errors, events and telemetry. Default: the client's kind, `fetch` or `undici`. */
  readonly name?: string | undefined;
  /** Requests with the same key share their policies' state. Default: the origin of the URL. */
  readonly key?: ((request: OutgoingRequest) => string) | undefined;
  /**
   * The policies, or a function that returns those of a key. Policies are templates: each key has its own copies.
   * Retries and circuit breakers without a `handle` or `delayFrom` of their own follow HTTP's rules. Default: the standard
   * policies.
   */
  readonly policies?: FetchPolicies | ((key: string) => FetchPolicies) | undefined;
  /** How many keys are kept at most: see {@link KeyedOptions}. Default 10,000. */
  readonly maxKeys?: number | undefined;
  /** A key unused for this long is dropped. Default 10 minutes. */
  readonly idleFor?: Duration | undefined;
  /** Says which responses and errors are failures. It is not asked about timeouts, rejections and aborts. */
  readonly classify?: Classify<R> | undefined;
  /**
   * Called before each attempt. It may change the attempt's headers: for tokens, signatures, tracing. It may be async; its time counts as the
   * attempt's. The call throws what it throws. That is not retried, and counts for no policy. Default: none.
   */
  readonly beforeAttempt?: BeforeAttempt<R> | undefined;
  /** Whether requests may be sent twice: for all, or decided by a function. Default: by their methods and headers. */
  readonly idempotent?: boolean | ((request: OutgoingRequest) => boolean | undefined) | undefined;
  /**
   * How important requests are, for the limiters that they meet: all alike, or decided by a function. More important ones are served first and
   * refused last. Default `normal`.
   */
  readonly priority?: Priority | ((request: OutgoingRequest) => Priority | undefined) | undefined;
  /**
   * How to read the delay that a failed response asks for. `true`: from `Retry-After`, `RateLimit` and similar headers. `false`: not at
   * all. Or a function that returns milliseconds. Default true.
   */
  readonly retryAfter?: boolean | ((response: R) => number | undefined) | undefined;
  /**
   * How long a reader of a body waits for its next chunk. Then the body fails with a TimeoutError, whose `policy` is `idle_timeout`, and
   * its connection is closed. Time in which nobody reads does not count. > 0, or `false` for no limit. Default 30 s.
   */
  readonly idleTimeout?: Duration | false | undefined;
  /**
   * How long a body may take from its headers on, read or not. Then it fails with a TimeoutError, whose `policy` is
   * `body_timeout`. > 0, or `false` for no limit. Default `false`.
   */
  readonly bodyTimeout?: Duration | false | undefined;
  /** Opt-in headers. Default none. */
  readonly headers?: FetchHeaders | undefined;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /**
   * Whether errors show where the call was made, also those of fetch itself: see `PipelineOptions`. It costs each call some
   * microseconds. Default false.
   */
  readonly captureStack?: boolean | undefined;
  /** As for a pipeline. Default: everything, through OpenTelemetry's global API. */
  readonly telemetry?: false | TelemetryOptions | undefined;
}

/** Options of {@link resilientFetch}. */
export interface ResilientFetchOptions<F extends FetchLike = HostFetch>
  extends ClientOptions<FetchResponse<F>> {
  /** The fetch that sends, of any implementation. Default: the global one, looked up at each call. */
  readonly fetch?: F | undefined;
  /**
   * The base of relative URLs, as `new URL(url, baseUrl)` resolves them. End it with a slash: without one, its last segment
   * is replaced (`stock` against `https://api.example/v1` is `https://api.example/stock`). A URL that begins with a slash
   * replaces the whole path. Default: the address of a browser's page or worker, otherwise none.
   */
  readonly baseUrl?: string | URL | undefined;
}

/** What it is in a registry, and the name of the pipeline when none is given. */
export const DEFAULT_NAME = 'fetch';

/** How long a body may stall, in milliseconds. */
const DEFAULT_IDLE_MS = 30_000;

/** The schema of what all clients can be told. */
export const clientSchema = /* @__PURE__ */ once(() => {
  const { clock, captureStack, telemetry, registry, critical } = z.shapeOf(pipelineSchema());
  return z.strictObject({
    ...overrideShape(),
    name: z.optional(policyName()),
    key: z.optional(fnOf<(request: OutgoingRequest) => string>()),
    policies: z.optional(
      z.union(
        [fnOf<(key: string) => unknown>(), ...policyForms()],
        `${POLICY_FORMS}, or a function of the key that answers one of these`,
      ),
    ),
    maxKeys: z._default(positiveCount(), keyedDefaults.maxKeys),
    idleFor: z._default(positiveDurationSchema(), keyedDefaults.idleFor),
    idempotent: z.optional(
      switchable<(request: OutgoingRequest) => boolean | undefined>('a function of the request'),
    ),
    priority: z.optional(
      z.union(
        [prioritySchema(), fnOf<(request: OutgoingRequest) => Priority | undefined>()],
        `${PRIORITY}, or a function of the request`,
      ),
    ),
    idleTimeout: z._default(bodyTimes().idleTimeout, DEFAULT_IDLE_MS),
    bodyTimeout: z._default(bodyTimes().bodyTimeout, Infinity),
    headers: z.optional(
      nested(
        z.strictObject({
          deadline: z.optional(headerName()),
          attempt: z.optional(headerName()),
          priority: z.optional(headerName()),
          idempotencyKey: z.optional(switchable<() => string>('a function that makes a key')),
        }),
      ),
    ),
    clock,
    captureStack,
    telemetry,
    registry,
    critical,
  });
});

/** What all clients were told, with everything filled in. */
export interface ResolvedClient extends Omit<z.output<ReturnType<typeof clientSchema>>, 'name'> {
  /** What the options are of, for errors. */
  readonly path: string;
  readonly name: string;
  /** What it is in a registry. */
  readonly kind: 'fetch' | 'undici' | 'service';
}

/** The schema of {@link ResilientFetchOptions}. */
export const resilientFetchSchema = /* @__PURE__ */ once(() =>
  z.extend(clientSchema(), {
    fetch: z.optional(fnOf<FetchLike>()),
    baseUrl: z.optional(
      checked<string | URL>(
        'must be an absolute URL',
        (value) => typeof value === 'string' || value instanceof URL,
      ),
    ),
  }),
);

/** What the schema makes of no options. */
export function plainClient(): z.output<ReturnType<typeof clientSchema>> {
  const times = { idleTimeout: DEFAULT_IDLE_MS, bodyTimeout: Infinity };
  return { ...keyedDefaults, ...times, captureStack: false };
}

/** @throws ConfigError */
export function resolveFetch(options: unknown) {
  const path = 'resilientFetch';
  const given: z.output<ReturnType<typeof resilientFetchSchema>> =
    options === undefined
      ? plainClient()
      : parseOptions(resilientFetchSchema, options, path, clientHint);
  return { ...given, path, kind: DEFAULT_NAME, name: given.name ?? DEFAULT_NAME } as const;
}
