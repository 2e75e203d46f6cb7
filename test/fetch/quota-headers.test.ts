import fc from 'fast-check';
import { failure, success } from 'holdfast';
import { rateLimitHeaders } from 'holdfast/fetch';
import { describe, expect, it } from 'vitest';

const NOW = Date.UTC(2026, 0, 1);

/** What an answer with these headers says of a quota. */
function read(headers: Record<string, string>, of?: string, status = 200) {
  return rateLimitHeaders(of).read(success(new Response(null, { status, headers })), NOW);
}

describe('the headers of a quota', () => {
  it.each([
    ['"default";r=50;t=30', undefined, { remaining: 50, resetMs: 30_000 }],
    [
      '"default";r=50;t=30',
      '"default";q=100;w=60',
      { limit: 100, remaining: 50, resetMs: 30_000, windowMs: 60_000 },
    ],
    [
      'limit=100, remaining=50, reset=30',
      '100;w=60',
      { limit: 100, remaining: 50, resetMs: 30_000, windowMs: 60_000 },
    ],
    [
      '"burst";r=9;t=1, "daily";r=3;t=7200',
      '"burst";q=10;w=1, "daily";q=500;w=86400',
      { limit: 500, remaining: 3, resetMs: 7_200_000, windowMs: 86_400_000 },
    ],
    ['nonsense', undefined, undefined],
    ['"a";t=4', undefined, undefined],
  ])('L6: RateLimit: %s, RateLimit-Policy: %s', (field, policy, expected) => {
    const headers = { ratelimit: field, ...(policy && { 'ratelimit-policy': policy }) };
    if (expected === undefined) expect(read(headers)).toBeUndefined();
    else expect(read(headers)).toEqual({ limit: undefined, windowMs: undefined, ...expected });
  });

  it.each([
    [
      {
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '4999',
        'x-ratelimit-reset': `${NOW / 1_000 + 60}`,
      },
      { limit: 5000, remaining: 4999, resetMs: 60_000 },
    ],
    [
      { 'ratelimit-limit': '100', 'ratelimit-remaining': '0', 'ratelimit-reset': '12' },
      { limit: 100, remaining: 0, resetMs: 12_000 },
    ],
    [{ 'x-rate-limit-remaining': '5' }, { limit: undefined, remaining: 5, resetMs: undefined }],
    [
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.5' },
      { limit: undefined, remaining: 0, resetMs: 1_500 },
    ],
  ])('L6: %j', (headers, expected) => {
    expect(read(headers as unknown as Record<string, string>)).toEqual({
      ...expected,
      refills: false,
    });
  });

  it.each([
    ['6m0s', 360_000],
    ['1h2m3.5s', 3_723_500],
    ['20ms', 20],
    ['2s', 2_000],
    ['2026-01-01T00:00:05Z', 5_000],
    ['2026-01-01T01:00:05.5+01:00', 5_500],
    ['7', 7_000],
  ])('L6: a reset of %s', (reset, resetMs) => {
    const openai = {
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-tokens': '149984',
      'x-ratelimit-reset-tokens': reset,
    };
    const expected = { limit: 150_000, remaining: 149_984, resetMs, refills: true };
    expect(read(openai, 'tokens')).toEqual(expected);
    expect(read(openai, 'requests')).toBeUndefined();
    expect(read(openai)).toBeUndefined();
    const anthropic = Object.fromEntries(
      Object.entries(openai).map(([name, value]) => [
        name.replace(/^x-ratelimit-(\w+)-tokens$/, 'anthropic-ratelimit-input-tokens-$1'),
        value,
      ]),
    );
    expect(read(anthropic, 'input-tokens')).toEqual(expected);
  });

  it('L6: a quota of this name in RateLimit', () => {
    const headers = { ratelimit: '"requests";r=1;t=5, "tokens";r=900;t=6' };
    expect(read(headers, 'tokens')).toMatchObject({ remaining: 900, resetMs: 6_000 });
    expect(read(headers, 'other')).toBeUndefined();
  });

  it('L6: times are compared with the clock of the server', () => {
    const headers = {
      date: new Date(NOW - 3_600_000).toUTCString(),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': `${NOW / 1_000 - 3_590}`,
    };
    expect(read(headers)).toMatchObject({ resetMs: 10_000 });
  });

  it('L6: after a 429 that says nothing of a quota, nothing is left until its Retry-After', () => {
    expect(read({ 'retry-after': '3' }, undefined, 429)).toEqual({ remaining: 0, resetMs: 3_000 });
    expect(read({ 'retry-after': '3' }, undefined, 503)).toBeUndefined();
    expect(read({}, undefined, 429)).toBeUndefined();
  });

  it('L6: the answer in an error is read, and all else says nothing', () => {
    const response = new Response(null, { status: 429, headers: { ratelimit: '"a";r=0;t=1' } });
    const learn = rateLimitHeaders();
    expect(learn.read(failure(Object.assign(new Error('no'), { response })), NOW)).toMatchObject({
      remaining: 0,
    });
    for (const value of [undefined, null, 1, {}, { status: 200 }, { status: 200, headers: 3 }]) {
      expect(learn.read(success(value), NOW)).toBeUndefined();
      expect(learn.read(failure(value), NOW)).toBeUndefined();
    }
  });

  it('L6: whatever headers say, nothing is thrown', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'0123456789smhd.:-TZ";=,rqtw limitremaining'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(text, text, text, text, (field, policy, remaining, reset) => {
        const headers = {
          ratelimit: field,
          'ratelimit-policy': policy,
          'x-ratelimit-remaining': remaining,
          'x-ratelimit-reset': reset,
        };
        for (const of of [undefined, 'tokens']) {
          rateLimitHeaders(of).read(success({ status: 200, headers }), NOW);
        }
      }),
    );
  });
});
