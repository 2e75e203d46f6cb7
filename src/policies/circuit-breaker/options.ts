import type { IBreaker } from 'cockatiel';
import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import {
  above,
  atLeast,
  atMost,
  below,
  flag,
  fnOf,
  number,
  off,
  positiveCount,
  wholeNumber,
} from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Duration } from '../../time/duration.js';
import { durationSchema, formatDuration, positiveDurationSchema } from '../../time/duration.js';
import { hintAt } from '../../time/duration-hint.js';
import type { Handle } from '../filter.js';
import { handleSchema } from '../filter.js';
import { circuitBreakerNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';
import type { Ruled } from '../ruled.js';
import { breakerSchema } from './cockatiel-breaker.js';
import type { OpenForBackoff, OpenForFunction } from './own-open-for.js';
import { openForSchema } from './own-open-for.js';
import type { CircuitBreakerSnapshot } from './snapshot.js';
import { snapshotSchema } from './snapshot.js';

/** A sliding window: of time, or of the last `calls` calls, 1 to 1,000,000. */
export type BreakerWindow = Duration | { readonly calls: number };

/** Options of {@link circuitBreaker}. */
export interface CircuitBreakerOptions extends Named {
  /**
   * Share of failed calls in the window at which it opens: above 0, up to 1. `false` switches this rule off. Then set
   * `slowCallRate` or `minimumCalls`, or it would never open in traffic. Default 0.99: while an upstream still answers some
   * calls, they are worth making.
   */
  readonly failureRate?: number | false | undefined;
  /** Share of slow calls in the window at which it opens: above 0, up to 1. Needs `slowCallDuration`. Default none. */
  readonly slowCallRate?: number | undefined;
  /** A call that took longer than this was slow. A probe that took longer has failed. Longer than 0. Needs `slowCallRate`. */
  readonly slowCallDuration?: Duration | undefined;
  /** The calls that the rates look at: those of a time span, or the last `{ calls }`. Default 10 s. */
  readonly window?: BreakerWindow | undefined;
  /** The rates count once the window holds this many calls: a whole number >= 1. Default 20. */
  readonly minimumCalls?: number | undefined;
  /**
   * How many failures in a row open it while the window holds fewer than `minimumCalls`, however far apart they are: a whole
   * number >= 1. `false` switches this rule off. A call counts once, whatever its retries. Calls that were in flight together
   * count once, too. Default 10.
   */
  readonly consecutiveFailures?: number | false | undefined;
  /**
   * How long failures must have been coming before they open it, by their rate or in a row: at least 0. Anything shorter is a
   * blip, however many calls it hits. Default 1 s, or 0 with `consecutiveFailures: 1`.
   */
  readonly failingFor?: Duration | undefined;
  /**
   * How long it stays open: longer than 0. This time grows by `openForFactor` at each consecutive opening, and `openForSpread`
   * spreads it. You can also give a function that returns a duration, or a cockatiel backoff. The function gets how many times in
   * a row the breaker has opened (1 for the first), and what opened it. What the two return is taken as it is, up to `maxOpenFor`
   * if you set that. Default 500 ms.
   */
  readonly openFor?: Duration | OpenForFunction | OpenForBackoff | undefined;
  /**
   * By what factor the open time grows from one consecutive opening to the next, up to `maxOpenFor`: >= 1. With 1 it does not
   * grow. More than 2 needs a longer `maxOpenFor` than its default. Default 2.
   */
  readonly openForFactor?: number | undefined;
  /**
   * Share by which that time is spread up and down, so that a fleet does not return in step: from 0 (no spread) to below 1.
   * Default 0.2.
   */
  readonly openForSpread?: number | undefined;
  /**
   * The longest it stays open by itself: at least `openFor`. A server can ask for more, up to 60 s, or up to this time if
   * it is longer. Default: twice `openFor`, or none if that is a function or a backoff.
   */
  readonly maxOpenFor?: Duration | undefined;
  /**
   * Uses a timer to report half-open as soon as the open time is over. Without it, that is reported when the next call comes or
   * somebody reads the state. The timer runs while the breaker is open and somebody listens. It does not keep the process alive.
   * Default false.
   */
  readonly announceHalfOpen?: boolean | undefined;
  /** How many calls it lets in, within `maxOpenFor`, to see whether the upstream has recovered: a whole number >= 1. Default 3. */
  readonly probes?: number | undefined;
  /** Share of the probes that must succeed for it to close: above 0, up to 1. Default 1. */
  readonly probeSuccessRate?: number | undefined;
  /**
   * A probe that is unfinished for this long has failed: longer than 0. Timeouts inside and outside end a probe like any other
   * call, so this is for calls that have none. Default: 30 s, or `openFor` if that is longer.
   */
  readonly probeTimeout?: Duration | undefined;
  /**
   * How long it ramps up after its probes have closed it: at least 0. Meanwhile it lets in a share of the calls that grows from a
   * quarter, and always five calls a second. Then it lets all calls in again. Default 1 s.
   */
  readonly rampFor?: Duration | undefined;
  /**
   * Which outcomes are failures. Default: errors of the operation and timeouts. Any other outcome counts as a success: the
   * upstream did answer. Two kinds do not count at all: rejections by policies inside, unless `handle` says yes to them, and
   * calls that were given up. By default, a ConfigError or ContractError of a policy inside does not count either.
   */
  readonly handle?: Handle | undefined;
  /** How long the failure asks to be left alone, in milliseconds. It lengthens the open time. Default: the error's `retryAfter`. */
  readonly delayFrom?: { delayFrom(outcome: Outcome): number | undefined }['delayFrom'] | undefined;
  /**
   * A cockatiel breaker (`ConsecutiveBreaker`, `CountBreaker`, `SamplingBreaker`, or your own) that replaces the rules above, or
   * a function that makes one. Keyed pipelines need the function: each copy needs its own breaker.
   */
  readonly breaker?: IBreaker | (() => IBreaker) | undefined;
  /** Refuses nothing, but counts and reports what it would refuse. Default false. */
  readonly dryRun?: boolean | undefined;
  /**
   * What `snapshot()` returned earlier, perhaps in another process. For a single breaker: copies in a keyed pipeline cannot share
   * it.
   */
  readonly initialState?: CircuitBreakerSnapshot | undefined;
  /** The source of random numbers: 0 <= number < 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The defaults of {@link CircuitBreakerOptions}. */
export const circuitBreakerDefaults = {
  failureRate: 0.99,
  window: 10_000,
  minimumCalls: 20,
  consecutiveFailures: 10,
  failingFor: 1_000,
  openFor: 500,
  openForFactor: 2,
  openForSpread: 0.2,
  announceHalfOpen: false,
  probes: 3,
  probeSuccessRate: 1,
  probeTimeout: 30_000,
  rampFor: 1_000,
  dryRun: false,
} as const;

const shareOf = (error: string) => number(error, above(0), atMost(1));
const SHARE = 'must be a number above 0 and up to 1';
const share = /* @__PURE__ */ once(() => shareOf(SHARE));
const SHARE_OR_OFF = `${SHARE}, or false for none`;
const shareOrOff = () => z.union([shareOf(SHARE_OR_OFF), off()], SHARE_OR_OFF);
const COUNT_OR_OFF = 'must be a whole number >= 1, or false for none';
const countOrOff = () => z.union([wholeNumber(COUNT_OR_OFF, atLeast(1)), off()], COUNT_OR_OFF);
/** A window of calls takes a byte for each call. */
const MAX_WINDOW = 1_000_000;
const CALLS = 'must be a whole number from 1 to 1,000,000';
const windowCalls = () => wholeNumber(CALLS, atLeast(1), atMost(MAX_WINDOW));
const windowSays = (value: unknown) =>
  `must be a duration above 0, such as '30s', or a number of calls, such as { calls: 100 }${hintAt(value)}`;

const FACTOR = 'must be a finite number >= 1';
const SPREAD = 'must be a number from 0 to below 1';

/** The schema of {@link CircuitBreakerOptions}. */
export const circuitBreakerSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      failureRate: shareOrOff(),
      slowCallRate: share(),
      slowCallDuration: positiveDurationSchema(),
      window: z.union(
        [positiveDurationSchema(), z.strictObject({ calls: windowCalls() })],
        windowSays,
      ),
      minimumCalls: positiveCount(),
      consecutiveFailures: countOrOff(),
      failingFor: durationSchema(),
      openFor: openForSchema(),
      openForFactor: number(FACTOR, atLeast(1)),
      openForSpread: number(SPREAD, atLeast(0), below(1)),
      announceHalfOpen: flag(),
      maxOpenFor: durationSchema(),
      probes: positiveCount(),
      probeSuccessRate: share(),
      probeTimeout: positiveDurationSchema(),
      rampFor: durationSchema(),
      handle: handleSchema(),
      delayFrom: fnOf<(outcome: Outcome) => number | undefined>(),
      breaker: breakerSchema(),
      dryRun: flag(),
      initialState: snapshotSchema(),
      random: fnOf<() => number>(),
      ...namedShape(),
    },
    plainCircuitBreaker(),
    (payload) => {
      const options = payload.value;
      const wrong = z.wrongIn(payload);
      const { maxOpenFor, openFor } = options;
      if (typeof openFor !== 'number') {
        for (const key of ['openForFactor', 'openForSpread'] as const) {
          if (options[key] === undefined) continue;
          wrong(
            key,
            'has no effect beside openFor as a function or backoff, which is taken as it is',
          );
        }
      } else if (maxOpenFor !== undefined && maxOpenFor < openFor) {
        wrong('maxOpenFor', `must not be below openFor (${formatDuration(openFor)})`);
      }
      if (options.breaker !== undefined) {
        for (const key of RULES) {
          if (options[key] !== undefined)
            wrong(key, 'has no effect beside breaker: use one or the other');
        }
        return;
      }
      const { window, slowCallRate, slowCallDuration } = options;
      const minimumCalls = options.minimumCalls ?? circuitBreakerDefaults.minimumCalls;
      if (typeof window === 'object' && minimumCalls > window.calls) {
        const key = options.minimumCalls === undefined ? 'window' : 'minimumCalls';
        wrong(
          key,
          `minimumCalls (${minimumCalls}) must not be above the window's size (${window.calls} calls), or the rates never count`,
        );
      }
      if (slowCallRate !== undefined && slowCallDuration === undefined) {
        wrong('slowCallRate', 'needs slowCallDuration, which says what slow is');
      }
      if (slowCallDuration !== undefined && slowCallRate === undefined) {
        wrong('slowCallDuration', 'has no effect without slowCallRate');
      }
      const { failureRate, consecutiveFailures } = options;
      if (
        options.failingFor !== undefined &&
        failureRate === false &&
        consecutiveFailures === false
      ) {
        wrong('failingFor', 'has no effect without failureRate or consecutiveFailures');
      }
      if (failureRate !== false || slowCallRate !== undefined) return;
      if (consecutiveFailures === false) {
        wrong('failureRate', 'without any rule the breaker never opens: leave one of them on');
      } else if (options.minimumCalls === undefined) {
        wrong('failureRate', onlyQuiet());
      }
    },
  ),
);

/** A user who asks for five failures in a row does not mean "only while there is little traffic". */
const onlyQuiet = (): string =>
  `false leaves a busy breaker without a rule, as consecutiveFailures counts only while the window holds fewer than minimumCalls (${circuitBreakerDefaults.minimumCalls}); for a run of failures at any volume use breaker: new ConsecutiveBreaker(5), or say with minimumCalls how far it counts`;

const RULES = [
  'failureRate',
  'slowCallRate',
  'slowCallDuration',
  'window',
  'minimumCalls',
  'consecutiveFailures',
  'failingFor',
] as const;

type Parsed = z.output<ReturnType<typeof circuitBreakerSchema>>;

/** The options whose defaults depend on others. */
type Dependent = 'failingFor' | 'maxOpenFor' | 'probeTimeout';

/** Options with everything filled in, except those that `breaker` replaces. */
export interface ResolvedCircuitBreaker extends Omit<Parsed, Dependent>, Ruled {
  readonly failingFor: number;
  /** `undefined` if the user decides with `openFor` how long it stays open, and sets no longest time. */
  readonly maxOpenFor: number | undefined;
  readonly probeTimeout: number;
}

/** The same as what the schema makes of `{}`. */
export function plainCircuitBreaker() {
  const { openFor, announceHalfOpen, probes, probeSuccessRate, rampFor, dryRun } =
    circuitBreakerDefaults;
  return { openFor, announceHalfOpen, probes, probeSuccessRate, rampFor, dryRun };
}

/** @throws ConfigError */
export function resolveCircuitBreaker(
  options: CircuitBreakerOptions | undefined,
): ResolvedCircuitBreaker {
  return completeCircuitBreaker(
    options === undefined
      ? plainCircuitBreaker()
      : parseOptions(
          circuitBreakerSchema,
          options,
          'circuitBreaker',
          hintFrom(circuitBreakerNames),
        ),
  );
}

/** Fills in the defaults that depend on other options. */
export function completeCircuitBreaker(parsed: Parsed): ResolvedCircuitBreaker {
  const { consecutiveFailures, openFor } = parsed;
  const { failingFor, probeTimeout } = circuitBreakerDefaults;
  const openForMs = typeof openFor === 'number' ? openFor : undefined;
  return {
    ...parsed,
    // A user who asks for one failure does not mean two that are a second apart.
    failingFor: parsed.failingFor ?? (consecutiveFailures === 1 ? 0 : failingFor),
    maxOpenFor:
      parsed.maxOpenFor ??
      (openForMs === undefined ? undefined : Math.min(2 * openForMs, Number.MAX_VALUE)),
    probeTimeout: parsed.probeTimeout ?? Math.max(openForMs ?? 0, probeTimeout),
  };
}
