/** RFC 9110 section 5.6.7: the three forms in which a date is written in HTTP, all in GMT. Only the second has a year of two digits. */
const FORMS = [
  /^(?:mon|tue|wed|thu|fri|sat|sun), (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) gmt$/i,
  /^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) gmt$/i,
  /^(?:mon|tue|wed|thu|fri|sat|sun) (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/i,
];

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
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups as unknown as Parts | undefined;
    if (parts === undefined) continue;
    const year = Number(parts.year);
    return parts.year.length === 2 ? nearestCentury(parts, year, nowMs) : timeIn(parts, year);
  }
  return undefined;
}

interface Parts {
  readonly day: string;
  readonly month: string;
  readonly year: string;
  readonly time: string;
}

function nearestCentury(parts: Parts, digits: number, nowMs: number): number | undefined {
  const latest = new Date(nowMs);
  const year = latest.getUTCFullYear();
  const century = year - (year % 100);
  latest.setUTCFullYear(year + MAX_YEARS_AHEAD);
  // From late to early, take the first that is not too far ahead. 29 February exists in some years only.
  for (const start of [century + 100, century, century - 100]) {
    const time = timeIn(parts, start + digits);
    if (time !== undefined && time <= latest.getTime()) return time;
  }
  return undefined;
}

function timeIn(parts: Parts, year: number): number | undefined {
  const month = MONTHS.indexOf(parts.month.toLowerCase());
  const day = Number(parts.day);
  const [hours = 0, minutes = 0, seconds = 0] = parts.time.split(':').map(Number);
  // 60 is a leap second.
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  // A day that the month does not have has become a day of another month.
  if (date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hours, minutes, seconds);
}
