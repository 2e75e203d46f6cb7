import { readHeader } from '../request/headers.js';
import type { HeadersSource } from '../types.js';
import { asksToWait } from '../verdict/statuses.js';
import { parseHttpDate } from './http-date.js';
import {
  millis,
  parseAmount,
  parseCount,
  parseRateLimit,
  parseReset,
} from './rate-limit-headers.js';

/** Headers with a reset, each with the header that says how much is left until then. */
const RESETS: readonly (readonly [reset: string, remaining: string])[] = [
  ['ratelimit-reset', 'ratelimit-remaining'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'],
  ['x-ratelimit-reset-after', 'x-ratelimit-remaining'],
  ['x-rate-limit-reset', 'x-rate-limit-remaining'],
];

/** Several values of one header, joined by commas. A date has a comma too, so only numbers are split. */
const NUMBERS = /^\d+(?:\s*,\s*\d+)+$/;

/**
 * How long a failed response asks to wait, in milliseconds.
 *
 * The first header that is there and readable counts, in this order:
 * 1. `retry-after-ms`, then `x-amz-retry-after`, both in milliseconds, then `Retry-After` as seconds or as a date (RFC 9110, 10.2.3)
 * 2. `X-RateLimit-Retry-After`
 * 3. `RateLimit` (draft-ietf-httpapi-ratelimit-headers): the longest reset of its exhausted quotas
 * 4. `RateLimit-Reset`, `X-RateLimit-Reset`, `X-RateLimit-Reset-After`, `X-Rate-Limit-Reset`
 *
 * 1 and 2 are instructions and always count. 3 and 4 are balances that servers send with every answer. They count
 * when nothing remains of the quota, or when they do not say what remains and the status is 429, 503 or 529.
 * A 500 with half its quota left says nothing about when to come back.
 *
 * A date is compared with the response's own `Date`, if there is one, so that different clocks do
 * not matter.
 *
 * @param wallNowMs milliseconds since the epoch.
 * @param status the response's status. Without it, quotas count only when nothing remains.
 * @returns milliseconds: 0 for a time that is past, `undefined` without a readable header. Never negative, never
 * NaN, always finite.
 */
export function retryAfterOf(
  headers: HeadersSource,
  wallNowMs: number,
  status?: number,
): number | undefined {
  const serverNow = serverTime(headers, wallNowMs);
  const told = instruction(headers, serverNow);
  if (told !== undefined) return told;
  const waits = status !== undefined && asksToWait(status);
  return quotaWait(headers, waits) ?? resetWait(headers, serverNow, waits);
}

/** What `x-should-retry` says: `true`, `false`, or nothing. The server knows what it has already done. */
export function saysRetry(headers: HeadersSource | null | undefined): boolean | undefined {
  const said = readHeader(headers, 'x-should-retry')?.trim().toLowerCase();
  if (said === 'true') return true;
  return said === 'false' ? false : undefined;
}

/** The time of the server that has answered, in milliseconds since the epoch; ours, if it does not say. */
export function serverTime(headers: HeadersSource, wallNowMs: number): number {
  const date = readHeader(headers, 'date');
  return (date === undefined ? undefined : parseHttpDate(date.trim(), wallNowMs)) ?? wallNowMs;
}

function instruction(headers: HeadersSource, nowMs: number): number | undefined {
  const precise =
    parseAmount(readHeader(headers, 'retry-after-ms')) ??
    parseAmount(readHeader(headers, 'x-amz-retry-after'));
  if (precise !== undefined) return millis(precise);
  const standard = readHeader(headers, 'retry-after');
  const wait = standard === undefined ? undefined : parseRetryAfter(standard, nowMs);
  if (wait !== undefined) return wait;
  const legacy = readHeader(headers, 'x-ratelimit-retry-after');
  return legacy === undefined ? undefined : parseReset(legacy, nowMs);
}

/**
 * Reads the value of `Retry-After`: delay-seconds, or a date in any of its three forms.
 *
 * @param nowMs milliseconds since the epoch.
 * @returns milliseconds to wait, or `undefined` when it is neither.
 */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  const text = value.trim();
  const seconds = parseAmount(text);
  if (seconds !== undefined) return millis(seconds * 1000);
  if (NUMBERS.test(text)) {
    const longest = text.split(',').reduce((most, each) => Math.max(most, Number(each)), 0);
    return millis(longest * 1000);
  }
  const date = parseHttpDate(text, nowMs);
  return date === undefined ? undefined : Math.max(0, date - nowMs);
}

function quotaWait(headers: HeadersSource, waits: boolean): number | undefined {
  const field = readHeader(headers, 'ratelimit');
  if (field === undefined) return undefined;
  let longest: number | undefined;
  for (const { remaining, resetSeconds } of parseRateLimit(field)) {
    if (resetSeconds === undefined || !counts(remaining, waits)) continue;
    longest = Math.max(longest ?? 0, millis(resetSeconds * 1000));
  }
  return longest;
}

function resetWait(headers: HeadersSource, nowMs: number, waits: boolean): number | undefined {
  let longest: number | undefined;
  for (const [reset, remaining] of RESETS) {
    const text = readHeader(headers, reset);
    if (text === undefined) continue;
    const wait = parseReset(text, nowMs);
    if (wait === undefined || !counts(parseCount(readHeader(headers, remaining)), waits)) continue;
    longest = Math.max(longest ?? 0, wait);
  }
  return longest;
}

function counts(remaining: number | undefined, waits: boolean): boolean {
  return remaining === undefined ? waits : remaining <= 0;
}
