import { once } from '../config/once.js';
import { flag, fnOf, policyName, positiveCount } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { checked, converted } from '../config/zod.js';
import { ContractError } from '../errors.js';
import type { CallTraits, Priority } from '../pipeline/contract/call-traits.js';
import { isPriority, PRIORITY } from '../pipeline/options/call-options.js';
import type { JoinOptions } from '../pipeline/options/joining.js';
import { pipelineSchema } from '../pipeline/options/pipeline-options.js';
import type { TelemetryOptions } from '../pipeline/options/telemetry-options.js';
import type { Pipeline, PipelineLayer } from '../pipeline/pipeline.js';
import { hintAmongPolicies } from '../policies/elsewhere.js';
import { POLICY_FORMS, policyForms } from '../policies/policy-forms.js';
import type { StandardOptions } from '../policies/standard.js';
import { keyedDefaults } from '../registry/keyed-options.js';
import type { Clock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { positiveDurationSchema, timeLimitSchema } from '../time/duration.js';
import type { GrpcMethod } from './method.js';
import type { GrpcStatusName } from './status.js';
import { GrpcStatus } from './status.js';
import { targetAddress } from './target-address.js';

/** The policies around a call: options of the standard ones, a list of your own, or a pipeline. */
export type GrpcPolicies = StandardOptions | readonly PipelineLayer[] | Pipeline<unknown>;

/** Options of the interceptors for gRPC and Connect. */
export interface GrpcOptions extends JoinOptions {
  /** Names the pipeline in errors, events and telemetry. Default: `grpc`, or `connect` for Connect. */
  readonly name?: string | undefined;
  /**
   * The policies. Each key has its own copies. Retries, circuit breakers and limiters without rules of their own follow those of gRPC. A
   * fallback does not fit: it would have to know the messages of all methods. Default: the standard policies.
   */
  readonly policies?: GrpcPolicies | undefined;
  /**
   * Calls with the same key share their policies' state. Default: the authority that is asked, where the interceptor can know it, else the
   * service.
   */
  readonly key?: ((method: GrpcMethod) => string) | undefined;
  /** How many keys are kept at most: see {@link KeyedOptions}. Default 10,000. */
  readonly maxKeys?: number | undefined;
  /** A key unused for this long is dropped. Default 10 minutes. */
  readonly idleFor?: Duration | undefined;
  /**
   * Whether a method may run twice: for all, or decided by a function. `true` also repeats calls whose outcome nobody knows: a connection
   * that broke, a time that was over, and the statuses UNKNOWN, INTERNAL and CANCELLED. `false` only repeats what no server has begun with. Default,
   * and for `undefined`: as gRPC has it, the statuses of `retryable` are repeated if the server gave them. Connect reads `idempotency_level`.
   */
  readonly idempotent?: boolean | ((method: GrpcMethod) => boolean | undefined) | undefined;
  /**
   * How important calls are, for the limiters that they meet: all alike, or decided by a function. More important ones are served first and
   * refused last. Default `normal`.
   */
  readonly priority?: Priority | ((method: GrpcMethod) => Priority | undefined) | undefined;
  /** The statuses that are repeated. Default `['UNAVAILABLE']`. */
  readonly retryable?: readonly Exclude<GrpcStatusName, 'OK'>[] | undefined;
  /**
   * How long the reader of a stream waits for its next message. Then the call is cancelled and ends as UNAVAILABLE. Time in which nobody reads
   * does not count. > 0, or `false` for no limit. Default 30 s.
   */
  readonly idleTimeout?: Duration | false | undefined;
  /**
   * What the clients call: their target, such as `inventory:50051` or `dns:///inventory:50051`, for maps of a registry. `@grpc/grpc-js` does not
   * tell an interceptor. Default: none, and for Connect the host of the URL, where it is the key.
   */
  readonly address?: string | undefined;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** Whether errors show where the call was made: see `PipelineOptions`. Default false. */
  readonly captureStack?: boolean | undefined;
  /** As for a pipeline. Default: everything, through OpenTelemetry's global API. */
  readonly telemetry?: false | TelemetryOptions | undefined;
}

const DEFAULT_IDLE_MS = 30_000;
const DEFAULT_RETRYABLE: ReadonlySet<number> = new Set([GrpcStatus.UNAVAILABLE]);

const codesSchema = () =>
  converted(
    () => "must be a list of statuses other than OK, such as ['UNAVAILABLE', 'ABORTED']",
    (given: readonly GrpcStatusName[]): ReadonlySet<number> => {
      if (!Array.isArray(given)) throw new TypeError();
      return new Set(
        given.map((name: GrpcStatusName) => {
          if (name === 'OK' || !Object.hasOwn(GrpcStatus, name)) throw new TypeError();
          return GrpcStatus[name];
        }),
      );
    },
  );

const addressSchema = () =>
  converted(
    () => "must be what the clients call, such as 'inventory:50051' or 'dns:///inventory:50051'",
    targetAddress,
  );

const grpcSchema = /* @__PURE__ */ once(() => {
  const { clock, captureStack, telemetry, registry, critical } = z.shapeOf(pipelineSchema());
  return z.strictObject({
    name: z.optional(policyName()),
    policies: z.optional(z.union(policyForms(), POLICY_FORMS)),
    key: z.optional(fnOf<(method: GrpcMethod) => string>()),
    maxKeys: z._default(positiveCount(), keyedDefaults.maxKeys),
    idleFor: z._default(positiveDurationSchema(), keyedDefaults.idleFor),
    idempotent: z.optional(
      z.union(
        [flag(), fnOf<(method: GrpcMethod) => boolean | undefined>()],
        'must be true, false or a function of the method',
      ),
    ),
    priority: z.optional(
      z.union(
        [
          checked<Priority>(PRIORITY, isPriority),
          fnOf<(method: GrpcMethod) => Priority | undefined>(),
        ],
        `${PRIORITY}, or a function of the method`,
      ),
    ),
    retryable: z._default(codesSchema(), DEFAULT_RETRYABLE),
    idleTimeout: z._default(timeLimitSchema(), DEFAULT_IDLE_MS),
    address: z.optional(addressSchema()),
    clock,
    captureStack,
    telemetry,
    registry,
    critical,
  });
});

/** {@link GrpcOptions} with everything filled in. */
export interface ResolvedGrpc extends Omit<z.output<ReturnType<typeof grpcSchema>>, 'name'> {
  /** What the options are of, for errors. */
  readonly path: string;
  readonly name: string;
}

/** Says where an unknown option goes. It knows the names of grpc-js, of gRPC's service config and of others. */
const hint = /* @__PURE__ */ hintAmongPolicies({
  retryable: 'retryableStatusCodes retryableCodes retryCodes nonFatalStatusCodes retryOn codes',
  idempotent: 'idempotency isIdempotent safe idempotentMethods',
  idleTimeout: 'streamIdleTimeout messageTimeout keepalive idle',
  address: 'target host authority baseUrl url',
  telemetry: 'metrics tracing otel',
});

/**
 * Reads the options of an interceptor.
 *
 * @param path What they are of, such as `grpcInterceptor`.
 * @param defaultName The name of the pipeline if none is given.
 * @throws ConfigError
 */
export function resolveGrpc(options: unknown, path: string, defaultName: string): ResolvedGrpc {
  const given = parseOptions(grpcSchema, options, path, hint);
  return { ...given, path, name: given.name ?? defaultName };
}

/** Whether a method may run twice. */
export function isIdempotent(
  { idempotent, path }: ResolvedGrpc,
  method: GrpcMethod,
  declared?: boolean | undefined,
): boolean | undefined {
  const said: unknown = typeof idempotent === 'function' ? idempotent(method) : idempotent;
  if (said === undefined) return declared;
  if (typeof said === 'boolean') return said;
  throw noAnswer(path, 'idempotent', 'true, false or undefined');
}

/** What a call says of itself. */
export function traitsOf(
  { priority: general, path }: ResolvedGrpc,
  method: GrpcMethod,
): CallTraits | undefined {
  const priority = typeof general === 'function' ? general(method) : general;
  if (priority === undefined) return undefined;
  if (!isPriority(priority)) throw noAnswer(path, 'priority', 'a class of calls or undefined');
  return { priority, cost: undefined };
}

/** The same as an option of a call. A call without it stays on the shortest path. */
export function priorityIn(traits: CallTraits | undefined): { priority?: Priority | undefined } {
  return traits === undefined ? {} : { priority: traits.priority };
}

/** The key whose policies a call runs under. */
export function keyOf({ key, path }: ResolvedGrpc, method: GrpcMethod): string {
  const said: unknown = key === undefined ? (method.authority ?? method.service) : key(method);
  if (typeof said === 'string') return said;
  throw noAnswer(path, 'key', 'a text');
}

function noAnswer(path: string, option: string, must: string): ContractError {
  return new ContractError(`${path}: ${option} must return ${must}`);
}
