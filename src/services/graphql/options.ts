import { describe, isPlain } from '../../config/describe.js';
import { once } from '../../config/once.js';
import { flag, fnOf, positiveCount } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import { checked } from '../../config/zod.js';
import { answerOf } from '../../fetch/call/callback-answers.js';
import type { FetchLike, HostFetch } from '../../fetch/types.js';
import type { JudgementRules } from './judgement.js';
import type { GraphqlOperation } from './request.js';

/** One of the `errors` of a result. Servers may send more, and less. */
export interface GraphqlError {
  /** What went wrong, for a reader. */
  readonly message?: unknown;
  /** The field that failed. */
  readonly path?: unknown;
  /** Where servers put a `code`. */
  readonly extensions?: unknown;
}

/** Options for judging a result of GraphQL. */
export interface GraphqlJudging {
  /**
   * The status of HTTP that says the same as an error. It comes before the statuses of the codes that are known. The statuses that are failures by HTTP's
   * rules make the result one: see `isFailureStatus`. Give a table by code, or a function that gets the code, if there is one, and the error. `undefined`
   * leaves the decision to the known codes. Default: the known codes.
   */
  readonly codes?:
    | Readonly<Record<string, number>>
    | ((code: string | undefined, error: GraphqlError) => number | undefined)
    | undefined;
  /** Whether a result with errors is judged by them although it has data, too. Default false: it is an answer. */
  readonly judgePartialData?: boolean | undefined;
}

/** Options of {@link graphqlRules}. */
export interface GraphqlOptions<F extends FetchLike = HostFetch> extends GraphqlJudging {
  /** The fetch that sends. Default: the global one, looked up at each call. */
  readonly fetch?: F | undefined;
  /**
   * Whether an operation may be sent twice. `undefined` leaves the decision to the rules: queries may, and requests by GET that do not tell
   * what they are; mutations, subscriptions and the rest may not, except with an `Idempotency-Key`.
   */
  readonly idempotent?: ((operation: GraphqlOperation) => boolean | undefined) | undefined;
  /** Up to how many bytes of a body are read to judge it. A longer one is judged by the status of its response. >= 1. Default 1 MiB. */
  readonly maxBytes?: number | undefined;
}

type Codes = NonNullable<GraphqlJudging['codes']>;

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599;
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && isPlain(value);

const codesSchema = () =>
  checked<Codes>(
    (value) => {
      const entries = isTable(value) ? Object.entries(value) : [];
      const wrong = entries.find(([, status]) => !isStatus(status));
      return wrong === undefined
        ? 'must be a table of statuses by code, or a function of a code and its error'
        : `must have a status of HTTP from 200 to 599 for each code, and has ${describe(wrong[1])} for ${describe(wrong[0])}`;
    },
    (value) =>
      typeof value === 'function' || (isTable(value) && Object.values(value).every(isStatus)),
  );

const judgingShape = () => ({
  codes: z.optional(codesSchema()),
  judgePartialData: z.optional(flag()),
});

const judgingSchema = /* @__PURE__ */ once(() => z.strictObject(judgingShape()));

const graphqlSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    ...judgingShape(),
    fetch: z.optional(fnOf<FetchLike>()),
    idempotent: z.optional(fnOf<(operation: GraphqlOperation) => boolean | undefined>()),
    maxBytes: z.optional(positiveCount()),
  }),
);

/** Options of {@link graphqlRules} with everything filled in. */
export interface ResolvedGraphql {
  readonly rules: JudgementRules;
  readonly fetch: FetchLike | undefined;
  readonly idempotent: ((operation: GraphqlOperation) => boolean | undefined) | undefined;
  readonly maxBytes: number;
}

const DEFAULT_MAX_BYTES = 2 ** 20;

function rulesOf({ codes, judgePartialData = false }: z.output<ReturnType<typeof judgingSchema>>) {
  const table = typeof codes === 'function' ? undefined : new Map(Object.entries(codes ?? {}));
  const statusOf: JudgementRules['statusOf'] = (code, error) => {
    if (typeof codes === 'function') return answerOf('codes', 'number', codes(code, error));
    return code === undefined ? undefined : table?.get(code);
  };
  return { statusOf, judgesPartialData: judgePartialData };
}

/** @throws ConfigError */
export function resolveJudging(options: unknown): JudgementRules {
  return rulesOf(parseOptions(judgingSchema, options, 'isGraphqlFailure'));
}

/** @throws ConfigError */
export function resolveGraphql(options: unknown): ResolvedGraphql {
  const given = parseOptions(graphqlSchema, options, 'graphqlRules');
  const { fetch, idempotent, maxBytes = DEFAULT_MAX_BYTES } = given;
  return { rules: rulesOf(given), fetch, idempotent, maxBytes };
}
