import { once } from '../../config/once.js';
import { atLeast, atMost, number, oneOf, rate, text, wholeNumber } from '../../config/schemas.js';
import * as z from '../../config/zod.js';

const WALL = 'must be a time in milliseconds since the Unix epoch';
const wallTime = () => number(WALL);

/** No window has held more calls than this. Sums of larger numbers would not be exact. */
const MAX_COUNT = 1_000_000_000;
const COUNT = 'must be a whole number from 0 to 1,000,000,000';
const count = () => wholeNumber(COUNT, atLeast(0), atMost(MAX_COUNT));

/** The schema of {@link CircuitBreakerSnapshot}. */
export const snapshotSchema = /* @__PURE__ */ once(() =>
  z.strictObject(
    {
      state: oneOf(['closed', 'open', 'half_open', 'isolated']),
      at: wallTime(),
      openUntil: z.optional(wallTime()),
      openings: count(),
      consecutiveFailures: count(),
      failingSince: z.optional(wallTime()),
      cause: z.optional(z.strictObject({ name: text(), message: text(), at: wallTime() })),
      probesInFlight: z.optional(count()),
      ramp: z.optional(
        z.strictObject(
          { until: wallTime(), share: rate(), calls: count(), failures: count() },
          z.refine((ramp) => ramp.failures <= ramp.calls, 'failures must not be more than calls'),
        ),
      ),
      window: z.strictObject(
        { calls: count(), failures: count(), slow: count() },
        z.refine(
          (window) => Math.max(window.failures, window.slow) <= window.calls,
          'failures and slow calls must not be more than calls',
        ),
      ),
      breaker: z.optional(z.custom()),
    },
    z.refine(
      ({ state, openUntil }) => state !== 'open' || openUntil !== undefined,
      'must say until when it is open: openUntil is missing',
    ),
    z.refine(
      ({ state, ramp }) => state === 'closed' || ramp === undefined,
      'only a closed breaker has a ramp',
    ),
  ),
);

/** A circuit breaker's state as plain JSON: what `snapshot()` returns and `initialState` takes. */
export interface CircuitBreakerSnapshot {
  readonly state: 'closed' | 'open' | 'half_open' | 'isolated';
  /** When the snapshot was taken, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** Until when it stays open, in milliseconds since the Unix epoch. Only while open. */
  readonly openUntil?: number | undefined;
  /** Consecutive openings since it last closed for good. Openings during the ramp count, too. */
  readonly openings: number;
  /** Failures since the last success, as the rule counts them: failures of calls in flight together count as one. */
  readonly consecutiveFailures: number;
  /** When the first of these failures came, in milliseconds since the Unix epoch. Only while there are any. */
  readonly failingSince?: number | undefined;
  /** The failure that opened it, and when, in milliseconds since the Unix epoch. Only while open or half-open. */
  readonly cause?:
    | { readonly name: string; readonly message: string; readonly at: number }
    | undefined;
  /** Probes in flight. Only while half-open. Restoring ignores them: they belong to the process that made them. */
  readonly probesInFlight?: number | undefined;
  /** Set while it is closed, but not yet for all calls: until when, the share of calls let in now, and the calls that have ended so far. */
  readonly ramp?:
    | {
        readonly until: number;
        readonly share: number;
        readonly calls: number;
        readonly failures: number;
      }
    | undefined;
  /** The calls in its window. */
  readonly window: { readonly calls: number; readonly failures: number; readonly slow: number };
  /** The state of the cockatiel breaker that judges, if there is one. */
  readonly breaker?: unknown;
}
