import { once } from '../../config/once.js';
import { flag, fnOf, isName, policyName } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import { markOf } from '../../copies.js';
import type { ConfigError } from '../../errors.js';
import type { Clock } from '../../time/clock.js';
import type { FailureRule, IsFailure, SureSuccess } from '../outcome/failure-rule.js';
import { isFailureSchema } from '../outcome/failure-rule.js';
import type { Discard, ErrorTypeOf, StatusOf } from './hooks.js';
import type { AnyRegistry, JoinOptions } from './joining.js';
import { REGISTRY } from './joining.js';
import { misuse } from './misuse.js';
import { policyAsOption } from './policy-as-option.js';
import type { TelemetryOptions } from './telemetry-options.js';
import { telemetrySchema } from './telemetry-options.js';

/** Options of {@link pipeline}. */
export interface PipelineOptions extends JoinOptions {
  /** Names the pipeline in errors, events and telemetry: 1 to 100 characters. Required. */
  readonly name: string;
  /** Where time comes from. Default: the system's clock, read at call time so that fake timers work. */
  readonly clock?: Clock | undefined;
  /**
   * Whether errors show where the call was made. Rejections and timeouts then carry a stack, and every error that a call ends with gets the
   * caller's frames added, also the operation's own. Frozen errors and the reason of an abort stay as they are. Costs some microseconds
   * a call. Default false.
   */
  readonly captureStack?: boolean | undefined;
  /**
   * Called with each result that nobody will receive: of an attempt that was given up and returned late, or that is about to
   * be retried or replaced. Use it to release what a result holds, such as the body of a Response. If it throws, the error is
   * reported to OpenTelemetry's `diag` and changes nothing in the call.
   */
  readonly discard?: Discard | undefined;
  /**
   * Which outcomes are failures of the upstream, for the whole pipeline: policies without a `handle` of their own follow it (retry, circuit
   * breaker, throttle, adaptive limiter), and so do metrics, spans and events. `true` is a failure, `false` a success; `'ignore'` does not count
   * either way. It is asked about results and about errors of the operation; timeouts are failures, refusals and aborts are not. It does not
   * change how the call ends: an error is still thrown. Default: the `isFailure` of the policies, if they come from `standard({ isFailure })` or
   * from a pipeline that has one; else all errors are failures, and results as `errorTypeOf` says. If it throws, the call ends with that error.
   */
  readonly isFailure?: IsFailure | undefined;
  /**
   * Which results are failures though nothing was thrown, such as an HTTP response with status 503: a word of low cardinality
   * (`'503'`) for those, `undefined` for all others. Events and metrics then count such an attempt or call as a failure, with
   * the word as its `error.type`. Policies do not use it. With `isFailure` it only provides the word. Default: no result is a failure. If it
   * throws, the error is reported to OpenTelemetry's `diag`.
   */
  readonly errorTypeOf?: ErrorTypeOf | undefined;
  /**
   * The status that a result or an error carries, such as that of an HTTP response: the `status` of events. Default: none has one.
   * If it throws, the error is reported to OpenTelemetry's `diag`.
   */
  readonly statusOf?: StatusOf | undefined;
  /**
   * What is reported to OpenTelemetry, and to which providers; `false` for nothing. Default: everything, through the global API, which
   * costs next to nothing while no SDK is registered.
   */
  readonly telemetry?: false | TelemetryOptions | undefined;
}

/** A clock of the user's own. */
export const clockSchema = () =>
  z.custom<Clock>(
    (value: unknown) =>
      typeof value === 'object' &&
      value !== null &&
      ['now', 'wallNow', 'setTimer', 'clearTimer'].every(
        (method) => typeof (value as Record<string, unknown>)[method] === 'function',
      ),
    'must be a clock: an object with now(), wallNow(), setTimer() and clearTimer()',
  );

const registrySchema = () =>
  z.custom<true | AnyRegistry>(
    (value) => value === true || markOf(value)?.kind === REGISTRY,
    'must be true, or a registry()',
  );

/** The schema of {@link PipelineOptions}. */
export const pipelineSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    name: policyName(),
    clock: z.optional(clockSchema()),
    captureStack: z._default(flag(), false),
    discard: z.optional(fnOf<Discard>()),
    isFailure: z.optional(isFailureSchema()),
    errorTypeOf: z.optional(fnOf<ErrorTypeOf>()),
    statusOf: z.optional(fnOf<StatusOf>()),
    telemetry: z.optional(telemetrySchema()),
    registry: z.optional(registrySchema()),
    critical: z.optional(flag()),
  }),
);

/** Options with everything filled in. */
export type ResolvedPipeline = z.output<ReturnType<typeof pipelineSchema>> & {
  /** Of a client: which outcomes are failures, whatever its policies bring along. */
  readonly failureRule?: FailureRule | undefined;
  /** The same for each policy, if it goes by another rule. */
  readonly layerRules?: readonly (FailureRule | undefined)[] | undefined;
  /** Of a client whose rules judge each result: which results are certainly successes by them and by `errorTypeOf`. */
  readonly sureSuccess?: SureSuccess | undefined;
};

function looksLikePolicy(value: unknown): boolean {
  try {
    return typeof value === 'object' && value !== null && 'role' in value;
  } catch {
    // A proxy may refuse to be asked.
    return false;
  }
}

/** A policy where the name belongs. */
function noName(value: unknown): ConfigError {
  return misuse(
    'pipeline',
    "the name comes first, as in pipeline('inventory', retry()) (got a policy)",
    value,
  );
}

/** @throws ConfigError */
export function resolvePipeline(options: string | PipelineOptions): ResolvedPipeline {
  if (isName(options)) return { name: options, captureStack: false };
  const given = typeof options === 'string' ? { name: options } : options;
  if (looksLikePolicy(given)) throw noName(given);
  return parseOptions(pipelineSchema, given, 'pipeline', policyAsOption);
}
