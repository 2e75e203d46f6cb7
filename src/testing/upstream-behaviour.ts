import * as z from 'zod/mini';
import { once } from '../config/once.js';
import { atLeast, atMost, count, positiveCount, rate, wholeNumber } from '../config/schemas.js';
import { type Duration, durationSchema } from '../time/duration.js';
import { hintAt } from '../time/duration-hint.js';

/**
 * What a request can meet instead of a whole answer:
 *
 * - `hang`: no answer ever; the connection stays open until the client leaves
 * - `reset`: the connection is reset (RST) before any answer; clients see `ECONNRESET`
 * - `close`: the connection is closed (FIN) before any answer
 * - `truncate`: status, headers and half of the body, then the connection is closed
 * - `slow-body`: status and headers at once, the body in small pieces over `slowBody`
 */
export type UpstreamFault = 'hang' | 'reset' | 'close' | 'truncate' | 'slow-body';

/** A time. It is the same for every request, or log-normally distributed with this median and 99th percentile. */
export type Latency = Duration | { readonly median: Duration; readonly p99: Duration };

/** A limit to the work done at once. Further requests queue, as in a real service. */
export interface UpstreamCapacity {
  /** Requests worked on at once. An integer >= 1. */
  readonly workers: number;
  /** How long one request keeps a worker busy. A hanging request keeps its worker until the client leaves. */
  readonly serviceTime: Latency;
  /** Requests that may wait for a worker. Further ones are answered 503 at once. An integer >= 0. Default: no limit. */
  readonly maxQueued?: number | undefined;
}

/** How the upstream treats requests without a script. Options that are left out have their defaults. */
export interface UpstreamBehaviour {
  /** Time from a request to its answer, on top of what `capacity` takes. Default 0. */
  readonly latency?: Latency | undefined;
  /** Status of a good answer, 200 to 599. Default 200. */
  readonly status?: number | undefined;
  /** Body of every answer. Default `{"ok":true}`. */
  readonly body?: string | undefined;
  /** Headers added to every answer. Default: only `content-type: application/json`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Share of requests answered with one of `failureStatuses`, 0 to 1. Default 0. */
  readonly failureRate?: number | undefined;
  /** Statuses of failures, taken at random, each 200 to 599. Default `[503]`. */
  readonly failureStatuses?: readonly number[] | undefined;
  /** Time that answers of status 429 and 503 ask the client to wait, in whole seconds (`Retry-After` has no smaller unit). Default: no such header. */
  readonly retryAfter?: Duration | undefined;
  /** Share of requests that meet each fault, 0 to 1. Together with `failureRate` at most 1. Default: none. */
  readonly faults?: Readonly<Partial<Record<UpstreamFault, number>>> | undefined;
  /** How long a `slow-body` takes from the first to the last piece. Default 1 s. */
  readonly slowBody?: Duration | undefined;
  /** Default: no limit. */
  readonly capacity?: UpstreamCapacity | undefined;
}

/** One step of a script, when one word does not say enough. The behaviour decides the options that are left out. */
export interface ScriptedAnswer {
  readonly status?: number | undefined;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly latency?: Latency | undefined;
  readonly retryAfter?: Duration | undefined;
  readonly fault?: UpstreamFault | undefined;
}

/** One step of a script: a status (`503` or `'503'`), a fault (`'hang'`), or both and more in an object. */
export type ScriptStep = number | `${number}` | UpstreamFault | ScriptedAnswer;

/** Every {@link UpstreamBehaviour} option that is left out has the value given here. */
export const BEHAVIOUR_DEFAULTS = Object.freeze({
  latency: 0,
  status: 200,
  body: '{"ok":true}',
  headers: Object.freeze({}),
  failureRate: 0,
  failureStatuses: Object.freeze([503]),
  faults: Object.freeze({}),
  slowBody: 1_000,
});

export const FAULTS = ['hang', 'reset', 'close', 'truncate', 'slow-body'] as const;

const latencySchema = () =>
  z.union(
    [
      durationSchema(),
      z.strictObject({ median: durationSchema(), p99: durationSchema() }).check(
        z.refine(({ median, p99 }) => median > 0 && p99 >= median, {
          error: 'median must be above 0 and p99 at least as long as median',
        }),
      ),
    ],
    {
      error: ({ input }) =>
        `must be a duration such as '20ms', or { median: '20ms', p99: '80ms' }${hintAt(input)}`,
    },
  );
const STATUS_ERROR = 'must be a status from 200 to 599';
const statusSchema = () => wholeNumber(STATUS_ERROR, atLeast(200), atMost(599));
// Refuses what Node would refuse to send. Node throws where the request is answered, and no test can catch that.
const headerName = () =>
  z.string().check(
    z.regex(/^[\w!#$%&'*+.^`|~-]+$/, {
      error: 'must be a header name: letters, digits and signs such as -, no spaces',
    }),
  );
const headerValue = () =>
  z.string().check(
    z.regex(/^[\t\x20-\x7e\x80-\xff]*$/, {
      error: 'must be a string that a header can have: Latin-1, no control characters',
    }),
  );
const headersSchema = () => z.record(headerName(), headerValue());
const faultSchema = () => z.enum(FAULTS);
const retryAfterSchema = () =>
  z.pipe(
    durationSchema(),
    z.number().check(
      z.refine((ms) => ms % 1_000 === 0, {
        error: "must be whole seconds such as '2s': the Retry-After header has no smaller unit",
      }),
    ),
  );

const behaviourShape = () => ({
  latency: z._default(latencySchema(), BEHAVIOUR_DEFAULTS.latency),
  status: z._default(statusSchema(), BEHAVIOUR_DEFAULTS.status),
  body: z._default(z.string(), BEHAVIOUR_DEFAULTS.body),
  headers: z._default(headersSchema(), BEHAVIOUR_DEFAULTS.headers),
  failureRate: z._default(rate(), BEHAVIOUR_DEFAULTS.failureRate),
  failureStatuses: z._default(z.array(statusSchema()).check(z.minLength(1)), [
    ...BEHAVIOUR_DEFAULTS.failureStatuses,
  ]),
  retryAfter: z.optional(retryAfterSchema()),
  faults: z._default(z.partialRecord(faultSchema(), rate()), BEHAVIOUR_DEFAULTS.faults),
  slowBody: z._default(durationSchema(), BEHAVIOUR_DEFAULTS.slowBody),
  capacity: z.optional(
    z.strictObject({
      workers: positiveCount(),
      serviceTime: latencySchema(),
      maxQueued: z._default(count(), Number.MAX_SAFE_INTEGER),
    }),
  ),
});

const SHARES = {
  path: ['faults'],
  error: 'failureRate and the shares of all faults may add up to 1 at most',
};

function sharesFit(behaviour: {
  readonly failureRate: number;
  readonly faults: Readonly<Partial<Record<UpstreamFault, number>>>;
}): boolean {
  const total = Object.values(behaviour.faults).reduce((all, share) => all + share, 0);
  // Ten times 0.1 is not quite 1.
  return behaviour.failureRate + total <= 1 + 1e-9;
}

/** The schema of {@link UpstreamBehaviour}. */
export const behaviourSchema = /* @__PURE__ */ once(() =>
  z.strictObject(behaviourShape()).check(z.refine(sharesFit, SHARES)),
);

/** The schema of the options that an upstream starts with. */
export const upstreamSchema = /* @__PURE__ */ once(() =>
  z
    .strictObject({
      seed: z._default(z.int(), 1),
      port: z._default(z.int().check(z.minimum(0), z.maximum(65_535)), 0),
      ...behaviourShape(),
    })
    .check(z.refine(sharesFit, SHARES)),
);

/** A checked {@link UpstreamBehaviour}, with its defaults and in milliseconds. */
export type ResolvedBehaviour = z.output<ReturnType<typeof behaviourSchema>>;
export type ResolvedLatency = ResolvedBehaviour['latency'];

const asStatus = () => z.transform((status: number) => ({ status }));
const scriptStepSchema = () =>
  z.union(
    [
      z.pipe(statusSchema(), asStatus()),
      z.pipe(
        faultSchema(),
        z.transform((fault: UpstreamFault) => ({ fault })),
      ),
      z.pipe(
        z.pipe(z.pipe(z.string().check(z.regex(/^\d{3}$/)), z.transform(Number)), statusSchema()),
        asStatus(),
      ),
      z.strictObject({
        status: z.optional(statusSchema()),
        body: z.optional(z.string()),
        headers: z.optional(headersSchema()),
        latency: z.optional(latencySchema()),
        retryAfter: z.optional(retryAfterSchema()),
        fault: z.optional(faultSchema()),
      }),
    ],
    {
      error: `must be a status from 200 to 599, one of ${FAULTS.map((fault) => `'${fault}'`).join(', ')}, or an object like { status: 503, retryAfter: '1s' }`,
    },
  );

/** The schema of a script. */
export const scriptSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    path: z.string().check(z.startsWith('/', "must start with '/', like '/stock'")),
    steps: z.array(scriptStepSchema()),
    repeat: z._default(z.enum(['none', 'last', 'all']), 'none'),
  }),
);

/** A checked {@link ScriptStep}. */
export interface ResolvedStep {
  readonly status?: number | undefined;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly latency?: ResolvedLatency | undefined;
  readonly retryAfter?: number | undefined;
  readonly fault?: UpstreamFault | undefined;
}
