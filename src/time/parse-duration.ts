import { describe } from '../config/describe.js';
import { parseDuration as parse } from './duration.js';

/**
 * The milliseconds in a duration, read as every option of holdfast reads it. It accepts any value, so you can give it what comes out of the
 * environment or a file. Texts are not trimmed, and a text without a unit is no duration.
 *
 * @param value Milliseconds as a number, or a text such as `'250ms'`, `'1.5s'`, `'2m'` or `'1h'`.
 * @returns Milliseconds: finite and >= 0.
 * @throws TypeError when the value is neither a number nor a string, such as an environment variable that is not set.
 * @throws RangeError when it is not finite, negative, or a string in another form. Both say what a duration looks like.
 * @example
 * timeout(parseDuration(process.env.UPSTREAM_TIMEOUT ?? '5s'));
 */
export function parseDuration(value: unknown): number {
  try {
    return parse(value);
  } catch (error) {
    const refusal = error as Error;
    refusal.message = `parseDuration: ${refusal.message} (got ${describe(value)})`;
    throw refusal;
  }
}
