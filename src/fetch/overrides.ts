import { once } from '../config/once.js';
import { count, flag, fnOf, nested, off } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { checked } from '../config/zod.js';
import type { CorrectableCost, Cost, Priority } from '../pipeline/contract/call-traits.js';
import { costSchema, isPriority, PRIORITY } from '../pipeline/options/call-options.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import type { Verdict } from '../pipeline/outcome/verdict.js';
import type { Duration } from '../time/duration.js';
import { durationSchema, timeLimitSchema } from '../time/duration.js';
import { clientHint } from './hints.js';
import type { BeforeAttempt } from './request/before-attempt.js';
import type { OutgoingRequest } from './request/request.js';
import type { ResponseLike } from './types.js';

/**
 * Says whether a request's outcome is a failure, as `isFailure` of a pipeline does. `'ignore'` says nothing about the upstream, and no policy
 * counts the outcome. `undefined` leaves the decision to the rules. `'retry'` leaves it to the rules too, and also
 * says that the request was not processed. Then it is sent again, whatever its method, if its body can be sent again.
 */
export type Classify<R = ResponseLike> = (
  outcome: Outcome<R>,
  request: OutgoingRequest,
) => Verdict | 'retry' | undefined;

/** Options of one call: in `init.holdfast`, or in a third argument, which wins. */
export interface FetchOverrides<R = ResponseLike> {
  /** The key whose policies the call runs under. Default: the answer of the `key` option. */
  readonly key?: string | undefined;
  /** Whether it may be sent twice. Default: decided by its method and headers. */
  readonly idempotent?: boolean | undefined;
  /** Asked before the `classify` option. */
  readonly classify?: Classify<R> | undefined;
  /** As the option of this name. */
  readonly retryAfter?: boolean | ((response: R) => number | undefined) | undefined;
  /** An `Idempotency-Key` for this call, which makes it safe to retry. `false` for none, `true` for a random UUID. */
  readonly idempotencyKey?: string | boolean | undefined;
  /** `false` sends the request at most once. Or how often this call is retried at most, whatever the policies say. Default: as the policies say. */
  readonly retry?: false | { readonly maxRetries: number } | undefined;
  /**
   * How long this call may take, retries included. `false` for no limit. Unless `attemptTimeout` is set too, each attempt may take
   * all of that time. Default: as the policies say.
   */
  readonly totalTimeout?: Duration | false | undefined;
  /** How long each attempt of this call may take, at most as long as the whole call. `false` for that long. Default: as the policies say. */
  readonly attemptTimeout?: Duration | false | undefined;
  /** How important this call is, for the limiters that it meets. Default: what the `priority` option says. */
  readonly priority?: Priority | undefined;
  /**
   * How many permits each attempt takes from the rate limiters among the policies: see `CallOptions` of a pipeline. Default: as the limiters say.
   */
  readonly cost?: Cost | CorrectableCost | undefined;
  /** Called before each attempt, after the `beforeAttempt` option. */
  readonly beforeAttempt?: BeforeAttempt<R> | undefined;
  /** As the option of this name. */
  readonly idleTimeout?: Duration | false | undefined;
  /** As the option of this name. */
  readonly bodyTimeout?: Duration | false | undefined;
}

// A client can be told some of it, too.

const booleanOr = (what: string) => `must be true, false or ${what}`;
export const switchable = <T extends (...args: never[]) => unknown>(what: string) =>
  z.union([flag(), fnOf<T>()], booleanOr(what));

export const bodyTimes = () => ({
  idleTimeout: z.optional(timeLimitSchema()),
  bodyTimeout: z.optional(timeLimitSchema()),
});

export const overrideShape = () => ({
  classify: z.optional(fnOf<Classify>()),
  beforeAttempt: z.optional(fnOf<BeforeAttempt>()),
  retryAfter: z.optional(
    switchable<(response: ResponseLike) => number | undefined>('a function of the response'),
  ),
});

export const prioritySchema = () => checked<Priority>(PRIORITY, isPriority);

const callTimeSchema = () => z.optional(z.union([durationSchema(), off()]));

/** The schema of {@link FetchOverrides}. */
export const overridesSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    ...overrideShape(),
    ...bodyTimes(),
    key: z.optional(checked<string>('must be a text', (value) => typeof value === 'string')),
    idempotent: z.optional(flag()),
    cost: z.optional(costSchema()),
    idempotencyKey: z.optional(
      checked<string | boolean>(
        booleanOr('a text that is not empty'),
        (value) => typeof value === 'boolean' || (typeof value === 'string' && value !== ''),
      ),
    ),
    retry: z.optional(
      z.union(
        [nested(z.strictObject({ maxRetries: count() })), off()],
        'must be false or an object with maxRetries',
      ),
    ),
    priority: z.optional(prioritySchema()),
    totalTimeout: callTimeSchema(),
    attemptTimeout: callTimeSchema(),
  }),
);

/** Overrides as a call reads them. */
export type ResolvedOverrides = z.output<ReturnType<typeof overridesSchema>>;

/** @throws ConfigError */
export function resolveOverrides(overrides: unknown): ResolvedOverrides {
  return parseOptions(overridesSchema, overrides, 'holdfast', clientHint);
}
