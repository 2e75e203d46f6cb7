/** RFC 9110 section 5.6.7: the three forms in which a date is written in HTTP, all in GMT. */
const IMF_FIXDATE =
  /^(?:mon|tue|wed|thu|fri|sat|sun), (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const RFC_850 =
  /^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const ASCTIME =
  /^(?:mon|tue|wed|thu|fri|sat|sun) ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** How far in the future a two-digit year may lie. Beyond that it is taken for a year of the past century. */
const MAX_YEARS_AHEAD = 50;

/**
 * Reads an HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
 * `Sun Nov  6 08:49:37 1994`.
 *
 * @param nowMs milliseconds since the epoch, to place two-digit years. A year more than 50 years ahead
 * means the latest past year with those digits.
 * @returns milliseconds since the epoch. `undefined` for any other form, and for a day or time that does not
 * exist. The day of the week is not checked.
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  let match = IMF_FIXDATE.exec(text);
  if (match !== null) return timeOf(match, 1, 2, 3, 4);
  match = ASCTIME.exec(text);
  if (match !== null) return timeOf(match, 2, 1, 6, 3);
  match = RFC_850.exec(text);
  if (match === null) return undefined;
  const century = Math.floor(new Date(nowMs).getUTCFullYear() / 100) * 100;
  return nearestCentury(match, century + Number(match[3]), nowMs);
}

function nearestCentury(match: RegExpExecArray, year: number, nowMs: number): number | undefined {
  const latest = new Date(nowMs);
  latest.setUTCFullYear(latest.getUTCFullYear() + MAX_YEARS_AHEAD);
  // From late to early, take the first that is not too far ahead. 29 February exists in some years only.
  for (const candidate of [year + 100, year, year - 100]) {
    const time = timeIn(match, 1, 2, candidate, 4);
    if (time !== undefined && time <= latest.getTime()) return time;
  }
  return undefined;
}

function timeOf(
  match: RegExpExecArray,
  day: number,
  month: number,
  year: number,
  clock: number,
): number | undefined {
  return timeIn(match, day, month, Number(match[year]), clock);
}

function timeIn(
  match: RegExpExecArray,
  dayAt: number,
  monthAt: number,
  year: number,
  clockAt: number,
): number | undefined {
  const month = MONTHS.indexOf((match[monthAt] ?? '').toLowerCase());
  const day = Number(match[dayAt]);
  const hours = Number(match[clockAt]);
  const minutes = Number(match[clockAt + 1]);
  const seconds = Number(match[clockAt + 2]);
  // 60 is a leap second.
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  // A day that the month does not have has become a day of another month.
  if (date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hours, minutes, seconds);
}
