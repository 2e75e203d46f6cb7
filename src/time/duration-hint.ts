/** Units as people write them, each with the one that holdfast reads. */
const UNITS: readonly (readonly [written: RegExp, unit: string])[] = [
  [/^(?:ms|msecs?|millis|milliseconds?)$/, 'ms'],
  [/^(?:s|secs?|seconds?)$/, 's'],
  [/^(?:m|mins?|minutes?)$/, 'm'],
  [/^(?:h|hrs?|hours?)$/, 'h'],
];

/** A longer text is no mistyped duration. */
const MAX_LENGTH = 40;

/** The end of an error message: what to write in place of a text that is no duration; `''` if nobody can tell. */
export function hintAt(text: string): string {
  const start = text.slice(0, MAX_LENGTH).trim().toLowerCase();
  if (start === '') return '; this text is empty';
  if (start.startsWith('-')) return '; it cannot be negative';
  const amount = /^(?:\d+(?:[.,]\d+)?|[.,]\d+)/.exec(start)?.[0] ?? '';
  if (amount === '') return '';
  const rest = start.slice(amount.length).trim();
  const number = amount.replace(',', '.');
  if (rest === '') return `; a string needs a unit: '${number}s' or '${number}ms'`;
  const unit = UNITS.find(([written]) => written.test(rest))?.[1];
  if (unit !== undefined) return `; write '${number}${unit}'`;
  return /^[\d.,]/.test(rest) ? '' : '; the units are ms, s, m and h, and only one is used';
}
