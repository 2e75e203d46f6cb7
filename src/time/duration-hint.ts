/** Units as people write them, each with the one that holdfast reads. */
const UNITS: readonly (readonly [written: RegExp, unit: string])[] = [
  [/^(?:ms|msecs?|millis|milliseconds?)$/, 'ms'],
  [/^(?:s|secs?|seconds?)$/, 's'],
  [/^(?:m|mins?|minutes?)$/, 'm'],
  [/^(?:h|hrs?|hours?)$/, 'h'],
];

/** A number, and what follows it. */
const AMOUNT = /^(\d+(?:[.,]\d+)?|[.,]\d+)\s*(.*)$/s;

/** A longer text is no mistyped duration. */
const MAX_LENGTH = 40;

/** More digits than a duration may have. */
const TOO_LONG = /\d{16}|\.\d{10}/;

/** The end of an error message: what to write in place of a text that is no duration; `''` if nobody can tell, or it is no text. */
export function hintAt(text: unknown): string {
  if (typeof text !== 'string') return '';
  const start = text.slice(0, MAX_LENGTH).trim().toLowerCase();
  if (start === '') return '; this text is empty';
  if (start.startsWith('-')) return '; it cannot be negative';
  const [, amount, unit = ''] = AMOUNT.exec(start) ?? [];
  if (amount === undefined) return '';
  const number = amount.replace(',', '.');
  if (TOO_LONG.test(number)) return '; at most 15 digits, 9 after the point';
  if (unit === '') return `; a string needs a unit: '${number}s' or '${number}ms'`;
  const known = UNITS.find(([written]) => written.test(unit))?.[1];
  if (known !== undefined) return `; write '${number}${known}'`;
  return /^[\d.,]/.test(unit) ? '' : '; the units are ms, s, m and h, and only one is used';
}
