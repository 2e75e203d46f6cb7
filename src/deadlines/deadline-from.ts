import { once } from '../config/once.js';
import { fnOf, headerName } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import type { Priority } from '../pipeline/contract/call-traits.js';
import { priorities } from '../pipeline/contract/call-traits.js';
import { clockSchema } from '../pipeline/options/pipeline-options.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { Clock } from '../time/clock.js';
import { systemClock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { positiveDurationSchema } from '../time/duration.js';
import { boundCalls } from './bound-calls.js';
import { valuesOf } from './header-values.js';
import type { RefusedWhy } from './time-left.js';
import { timeLeftIn } from './time-left.js';
import { assertTime, timeSchema } from './time-schema.js';

/** The value of a header that {@link deadlineFrom} has not taken. */
export interface RefusedHeader {
  /** Name of the header, in lower case. */
  readonly header: string;
  /**
   * `malformed`: it is no time, such as a negative one, an empty text, or a number in another form. `conflicting`: the header is there twice, with
   * different values. `too_long`: it is longer than `max`.
   */
  readonly why: RefusedWhy;
}

/** Options of {@link deadlineFrom}. */
export interface DeadlineFromOptions {
  /**
   * Name of a header of your own, with the milliseconds that are left, as `headers.deadline` of `resilientFetch` sends it. It is read besides the
   * known ones. Default: none.
   */
  readonly header?: string | undefined;
  /** A longer time is refused, because it is a mistake, such as a time of the clock: > 0. Default 24 h. */
  readonly max?: Duration | undefined;
  /**
   * When the request came, in the clock's milliseconds: `systemClock.now()` at that moment. The time that it has waited since then is no longer left.
   * Default: now.
   */
  readonly receivedAt?: number | undefined;
  /** The clock of the deadline. Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** Called for each header whose value is refused. It never gets the value. What it throws goes to OpenTelemetry's `diag`. Default: none. */
  readonly onRefused?: ((refused: RefusedHeader) => void) | undefined;
}

const DEFAULT_MAX_MS = 86_400_000;

const RECEIVED =
  "must be a time in the clock's milliseconds, such as systemClock.now() when the request came";

const deadlineFromSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      header: headerName(),
      max: positiveDurationSchema(),
      receivedAt: timeSchema(),
      clock: clockSchema(),
      onRefused: fnOf<(refused: RefusedHeader) => void>(),
    },
    { max: DEFAULT_MAX_MS },
  ),
);

/**
 * When a request that is served here has to be over: as long as its caller waits, by its headers. Those are `x-envoy-expected-rq-timeout-ms`,
 * `grpc-timeout`, `Connect-Timeout-Ms` and one of your own; the shortest time counts. A value that makes no sense is refused: it counts as if it were not
 * there.
 *
 * @param headers The headers in any form (a Headers object, those of node:http, Express, Fastify or undici), or the request that has them.
 * @returns The deadline in the clock's milliseconds, for {@link runWithin} and for `execute(operation, { deadline })`. `Infinity` if the headers tell none.
 * @throws ConfigError when an option is wrong; a TypeError when `headers` is no object.
 * @example
 * createServer((request, response) => runWithin(deadlineFrom(request), () => handle(request, response)));
 */
export function deadlineFrom(headers: object, options?: DeadlineFromOptions): number {
  const fields = headersIn(headers, 'deadlineFrom');
  const given: Partial<z.output<ReturnType<typeof deadlineFromSchema>>> =
    options === undefined ? {} : parseOptions(deadlineFromSchema, options, 'deadlineFrom');
  const {
    header,
    max = DEFAULT_MAX_MS,
    receivedAt = Infinity,
    clock = systemClock,
    onRefused,
  } = given;
  assertTime(receivedAt, clock, 'deadlineFrom.receivedAt', RECEIVED);
  boundCalls();
  const { ms, refused } = timeLeftIn(fields, header, max);
  if (onRefused !== undefined) {
    for (const each of refused) {
      try {
        onRefused(each);
      } catch (error) {
        reportFault('onRefused of deadlineFrom', error);
      }
    }
  }
  return ms === Infinity ? ms : Math.min(receivedAt, clock.now()) + ms;
}

/**
 * The priority that a request says of itself in a header of your own, as `headers.priority` of `resilientFetch` sends it, for {@link runWithin} and
 * `execute(operation, { priority })`. Do not take it from callers that you do not trust.
 *
 * @param headers As for {@link deadlineFrom}.
 * @param header Name of the header.
 * @returns `undefined` if the header is not there, or is none of the five classes.
 * @throws TypeError when `headers` is no object.
 */
export function priorityFrom(headers: object, header: string): Priority | undefined {
  const [first, ...others] = valuesOf(
    headersIn(headers, 'priorityFrom'),
    String(header).toLowerCase(),
  );
  const found = priorities.find((each) => each === first?.toLowerCase());
  return others.every((each) => each === first) ? found : undefined;
}

/** The headers of a request, or what is given if that is headers already. */
function headersIn(given: unknown, what: string): object {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${what}: the first argument must be headers, or a request that has them`);
  }
  const { headers } = given as { readonly headers?: unknown };
  return typeof headers === 'object' && headers !== null && !Array.isArray(given) ? headers : given;
}
