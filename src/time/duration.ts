import { once } from '../config/once.js';
import { converted, refine, ruled } from '../config/zod.js';
import { hintAt } from './duration-hint.js';

/**
 * A length of time: milliseconds as a number, or a number with its unit, such as `'250ms'`,
 * `'1.5s'`, `'2m'` or `'1h'`. Finite and not negative.
 */
export type Duration = number | `${number}ms` | `${number}s` | `${number}m` | `${number}h`;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** A duration as a text. */
// The number of digits is bounded, so that every string in this form is a finite number of milliseconds.
export const DURATION_FORMAT = /^(\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})(ms|s|m|h)$/;
/** A nanosecond. Anything shorter is 0, as in strings. */
const SHORTEST_MS = 1e-6;
const FORMS = "milliseconds as a number >= 0, or a string like '250ms', '1.5s', '2m' or '1h'";

/**
 * The milliseconds in a {@link Duration}.
 *
 * @throws TypeError when the value is neither a number nor a string.
 * @throws RangeError when it is not finite, negative, or a string in another form.
 */
export function parseDuration(value: unknown): number {
  if (typeof value === 'number') {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw new RangeError(remedyFor(value));
    return value < SHORTEST_MS ? 0 : value;
  }
  if (typeof value !== 'string') throw new TypeError(remedyFor(value));
  const match = DURATION_FORMAT.exec(value);
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  if (match === null || unitMs === undefined) throw new RangeError(remedyFor(value));
  // Round to the nanosecond: '1.001s' is 1001 ms, and not 1000.9999999999999.
  return Math.round(Number(match[1]) * unitMs * 1e6) / 1e6;
}

/** The milliseconds in a {@link Duration}; `undefined` if the value is no duration. */
export function durationIn(value: unknown): number | undefined {
  try {
    return parseDuration(value);
  } catch {
    return undefined;
  }
}

/** Says what to write in place of a value that is no duration. */
export function remedyFor(value: unknown): string {
  return `must be a duration: ${FORMS}${hintAt(value)}`;
}

/** Accepts a {@link Duration} and returns milliseconds: finite and >= 0. */
export const durationSchema = /* @__PURE__ */ once(() =>
  converted<number, Duration>(remedyFor, parseDuration),
);

/** Accepts a {@link Duration} greater than zero and returns milliseconds. */
export const positiveDurationSchema = /* @__PURE__ */ once(() =>
  ruled(
    durationSchema(),
    refine((ms) => ms > 0, 'must be a duration longer than 0'),
  ),
);

/** Accepts a {@link Duration} greater than zero, or `false` for no limit. Returns milliseconds, `Infinity` for none. */
export const timeLimitSchema = /* @__PURE__ */ once(() =>
  converted(
    (value) => `must be a duration above 0, such as 30_000 or '30s', or false${hintAt(value)}`,
    (given: Duration | false) => {
      const ms = given === false ? Infinity : parseDuration(given);
      if (ms === 0) throw new RangeError();
      return ms;
    },
  ),
);

/** A duration for people: `250 ms`, `1.5 s`, `2 min`, `3 h`; rounded to about three digits. */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'forever';
  return (
    amountBelow(1_000, ms, 'ms') ??
    amountBelow(60, ms / 1_000, 's') ??
    amountBelow(60, ms / 60_000, 'min') ??
    `${round(ms / 3_600_000)} h`
  );
}

function amountBelow(limit: number, amount: number, unit: string): string | undefined {
  const shown = round(amount);
  return Math.abs(shown) >= limit ? undefined : `${shown} ${unit}`;
}

function round(amount: number): number {
  return Number(amount.toFixed(Math.abs(amount) >= 100 ? 0 : 2));
}
