import { configError } from '../../config/validate.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Learn } from '../../policies/rate-limiter/learn.js';
import { learnFrom } from '../../policies/rate-limiter/learn.js';
import type { QuotaReport } from '../../policies/rate-limiter/upstream-quota.js';
import { readHeader } from '../request/headers.js';
import type { HeadersSource } from '../types.js';
import { answerIn, statusOf } from '../verdict/answer.js';
import type { Quota, QuotaPolicy } from './rate-limit-headers.js';
import {
  parseCount,
  parseRateLimit,
  parseRateLimitPolicy,
  parseReset,
} from './rate-limit-headers.js';
import { retryAfterOf, serverTime } from './retry-after.js';

const TOO_MANY = 429;

/**
 * Makes the `learn` of a rate limiter for upstreams that tell about their quota in headers. It reads `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers), `RateLimit-*`, `X-RateLimit-*` and `X-Rate-Limit-*`. After a 429 that says
 * nothing of them, nothing is left until its `Retry-After`. Headers that cannot be read say nothing.
 *
 * @param of What the limiter counts, where the upstream has quotas for several things: `requests`, `tokens`, `input-tokens`. It reads the quota of
 * this name in `RateLimit`, and headers such as `x-ratelimit-remaining-tokens` and `anthropic-ratelimit-tokens-remaining`. Default: the
 * quota without a name, or of several the one of which the least is left.
 * @throws ConfigError when the name is no text.
 * @example
 * rateLimiter({ name: 'tokens', limit: 90_000, per: '1m', learn: rateLimitHeaders('tokens') })
 */
export function rateLimitHeaders(of?: string): Learn {
  if (of !== undefined && typeof of !== 'string') {
    const path = 'rateLimitHeaders';
    const message = "must be the name of a quota, such as 'tokens'";
    throw configError(path, [{ path, message, value: of }]);
  }
  const name = of?.toLowerCase();
  return learnFrom((outcome: Outcome, wallNowMs: number) => {
    const answer = outcome.kind === 'success' ? outcome.value : answerIn(outcome.error);
    const status = statusOf(answer);
    const headers = (Object(answer) as { headers?: HeadersSource }).headers;
    if (status === undefined || typeof headers !== 'object' || headers === null) return undefined;
    const told = fieldOf(headers, name) ?? namedHeaders(headers, name, wallNowMs);
    if (told !== undefined || status !== TOO_MANY) return told;
    const resetMs = retryAfterOf(headers, wallNowMs, status);
    return resetMs === undefined ? undefined : { remaining: 0, resetMs };
  });
}

/** The quota in the field `RateLimit`. */
function fieldOf(headers: HeadersSource, name: string | undefined): QuotaReport | undefined {
  const field = readHeader(headers, 'ratelimit');
  if (field === undefined) return undefined;
  const policies = parseRateLimitPolicy(readHeader(headers, 'ratelimit-policy') ?? '');
  const quotas = parseRateLimit(field)
    .filter((each) => each.remaining !== undefined)
    .filter((each) => name === undefined || each.name.toLowerCase() === name)
    .map((each) =>
      reportOf(
        each,
        policies.find((policy) => policy.name === each.name),
      ),
    );
  const [first, ...others] = quotas;
  return first && others.reduce((a, b) => (binds(b, a) ? b : a), first);
}

/** Less is left of it, or as little for longer. */
function binds(a: QuotaReport, b: QuotaReport): boolean {
  const less = leftOf(a) - leftOf(b);
  return less < 0 || (less === 0 && lastOf(a) > lastOf(b));
}

function leftOf({ remaining = 0 }: QuotaReport): number {
  return Math.max(0, remaining);
}

function lastOf({ resetMs, windowMs = 0 }: QuotaReport): number {
  return resetMs ?? windowMs;
}

function reportOf(quota: Quota, policy: QuotaPolicy | undefined): QuotaReport {
  return {
    limit: quota.limit ?? policy?.limit,
    remaining: quota.remaining,
    resetMs: inMs(quota.resetSeconds),
    windowMs: inMs(policy?.windowSeconds),
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** The quota in headers of its own, one for each number. */
function namedHeaders(
  headers: HeadersSource,
  name: string | undefined,
  wallNowMs: number,
): QuotaReport | undefined {
  for (const headerOf of name === undefined ? PLAIN : namesOf(name)) {
    const read = (what: string) => readHeader(headers, headerOf(what));
    // Some have parameters: 76;w=21600.
    const remaining = parseCount(read('remaining')?.split(';')[0]);
    if (remaining === undefined) continue;
    const reset = read('reset') ?? (name === undefined ? read('reset-after') : undefined);
    const resetMs =
      reset === undefined ? undefined : timeUntil(reset, serverTime(headers, wallNowMs));
    // If it says when, and nobody can read that, the rest may be as wrong.
    if (reset !== undefined && resetMs === undefined) return undefined;
    // Those who have quotas of tokens have token buckets.
    const policy = parseRateLimitPolicy(read('limit') ?? '')[0];
    const windowMs = inMs(policy?.windowSeconds);
    return { limit: policy?.limit, remaining, resetMs, windowMs, refills: name !== undefined };
  }
  return undefined;
}

type HeaderOf = (what: string) => string;

const PLAIN: readonly HeaderOf[] = ['ratelimit', 'x-ratelimit', 'x-rate-limit'].map(
  (prefix) => (what) => `${prefix}-${what}`,
);

/** A name of a header. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

function namesOf(name: string): readonly HeaderOf[] {
  if (!TOKEN.test(name)) return [];
  return [
    (what) => `x-ratelimit-${what}-${name}`,
    (what) => `anthropic-ratelimit-${name}-${what}`,
    (what) => `x-ratelimit-${name}-${what}`,
  ];
}

const UNITS: Readonly<Record<string, number>> = { d: 864e5, h: 36e5, m: 6e4, s: 1e3, ms: 1 };
/** As Go prints durations: `6m0s`, `1h2m3.5s`, `20ms`. */
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|[dhms])/g;
/** RFC 3339. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** Milliseconds until a reset, however that is written. */
function timeUntil(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  if (DURATION.test(trimmed)) {
    let sum = 0;
    for (const [, amount, unit = ''] of trimmed.matchAll(PART))
      sum += Number(amount) * (UNITS[unit] ?? 0);
    return sum;
  }
  if (TIMESTAMP.test(trimmed)) {
    const at = Date.parse(trimmed);
    return Number.isNaN(at) ? undefined : at - nowMs;
  }
  return parseReset(trimmed, nowMs);
}
