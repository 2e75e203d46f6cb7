import fc from 'fast-check';
import { ConfigError, failure, pipeline, RateLimitedError, rateLimiter, success } from 'holdfast';
import { rateLimitHeaders } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
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

  it.each([
    ['"burst";r=0;t=1, "daily";r=0;t=7200'],
    ['"daily";r=0;t=7200, "burst";r=0;t=1'],
    ['"daily";r=-1;t=7200, "burst";r=-3;t=1'],
    ['"burst";r=0;t=1, "daily";r=0'],
  ])('L6: of several that are used up, the one that stays so longest counts: %s', (ratelimit) => {
    const policy = '"burst";q=10;w=1, "daily";q=500;w=7200';
    expect(read({ ratelimit, 'ratelimit-policy': policy })).toMatchObject({ limit: 500 });
  });

  it.each<[Record<string, string>, number | undefined, number, number | undefined]>([
    [{ 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' }, 100, 76, 21_600],
    [{ 'ratelimit-limit': '10, 10;w=1, 50;w=60', 'ratelimit-remaining': '9' }, 10, 9, undefined],
    [{ 'x-ratelimit-limit': 'many', 'x-ratelimit-remaining': '9' }, undefined, 9, undefined],
  ])('L6: with parameters: %j', (headers, limit, remaining, windowSeconds) => {
    const windowMs = windowSeconds === undefined ? undefined : windowSeconds * 1_000;
    expect(read(headers)).toMatchObject({ limit, remaining, windowMs });
  });

  it('L6: a name may be any text', () => {
    const headers = { ratelimit: '"my quota";r=1;t=5, "größe";r=2;t=5' };
    for (const name of ['a"b', ' ', 'x\n', '', 'größe', 'my quota', '__proto__']) {
      const found = name === 'my quota' ? { remaining: 1 } : undefined;
      if (name === 'größe') expect(() => read(headers, name)).not.toThrow();
      else if (found === undefined) expect(read(headers, name)).toBeUndefined();
      else expect(read(headers, name)).toMatchObject(found);
    }
    for (const name of [5, null, {}, ['tokens']]) {
      expect(() => rateLimitHeaders(name as never)).toThrow(ConfigError);
    }
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

  it('L6: whatever answers say in their headers, calls end as they do, and the limiter is not closed for ever', async () => {
    const value = fc.oneof(
      fc.constantFrom(
        ...['0', '-1', '1', '50', '1e9', 'NaN', '', ' ', 'Infinity', '9'.repeat(400), '0.0001'],
        ...['6m0s', '20ms', '0s', '999999h', '2026-01-01T00:00:30Z', '9999-99-99T99:99:99Z'],
        ...['1767225630', '1767225630000', 'Thu, 01 Jan 2026 00:00:30 GMT', '50;w=60', '5, 5'],
        ...[
          '"a";r=0;t=30',
          '"a";r=0;t=1, "b";r=0;t=9',
          'limit=0, remaining=0, reset=0',
          '"a";r=1;t',
        ],
        ...['"a";q=10;w=60', '0;w=0', '10;w=1, 50;w=60'],
      ),
      fc.string({ unit: fc.constantFrom(...'0123456789smhd.:-TZ";=,rqtw'), maxLength: 20 }),
    );
    const names = [
      ...['ratelimit', 'ratelimit-policy', 'ratelimit-limit', 'ratelimit-remaining', 'date'],
      ...['ratelimit-reset', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
      ...['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens', 'x-ratelimit-limit-tokens'],
      ...['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
      ...['retry-after', 'x-rate-limit-remaining', 'x-ratelimit-reset-after'],
    ];
    const headers = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 });
    const answer = fc.record({ headers, status: fc.constantFrom(200, 429, 503) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(undefined, 'tokens', 'a'),
        async (answers, of) => {
          const clock = new VirtualClock({ wallStart: NOW });
          const limiter = rateLimiter({ limit: 10, per: '1s', learn: rateLimitHeaders(of) });
          const made = pipeline({ name: 'p', clock }, limiter);
          for (const each of answers) {
            const result = await made.settle(() => each);
            if (result.status === 'rejected') {
              const { retryAfter } = result.reason as RateLimitedError;
              expect(result.reason).toBeInstanceOf(RateLimitedError);
              expect(retryAfter).toBeGreaterThan(0);
              expect(retryAfter).toBeLessThanOrEqual(31 * 86_400_000);
            }
            const { available, upstream } = limiter.snapshot();
            for (const number of [available, ...Object.values(upstream ?? {})]) {
              expect(number).toBeGreaterThanOrEqual(0);
              expect(number).toBeLessThan(Infinity);
            }
          }
          await clock.advance(31 * 86_400_000);
          expect((await made.settle(() => ({ status: 200 }))).status).toBe('fulfilled');
        },
      ),
      { numRuns: 600 },
    );
  });

  it('L6: whatever headers say, nothing is thrown', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'0123456789smhd.:-TZ";=,rqtw limitremaining'),
      maxLength: 40,
      size: 'max',
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
