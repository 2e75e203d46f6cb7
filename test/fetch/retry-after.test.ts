import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseAmount,
  parseCount,
  parseRateLimit,
  parseRateLimitPolicy,
} from '../../src/fetch/retry/rate-limit-headers.js';
import { parseRetryAfter, retryAfterOf, saysRetry } from '../../src/fetch/retry/retry-after.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const IN_30_S = new Date(NOW + 30_000).toUTCString();
const epoch = Math.floor(NOW / 1000);
const wait = (headers: Record<string, string>, status?: number): number | undefined =>
  retryAfterOf(new Headers(headers), NOW, status);

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    [' 30 , 60,5 ', 60_000],
    ['1.5', 1_500],
    ['0.0001', 1],
    ['30, 60', 60_000],
    [IN_30_S, 30_000],
    ['Monday, 01-Jun-26 12:00:30 GMT', 30_000],
    ['Mon Jun  1 12:00:30 2026', 30_000],
    ['Mon, 01 Jun 2026 11:00:00 GMT', 0],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ])('X6: %s is %i ms', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
    expect(wait({ 'retry-after': value })).toBe(expected);
  });

  it.each(['', 'soon', '-1', '+5', '1e3', '0x10', 'NaN', 'Infinity', '5s', '2026-06-01'])(
    'X6: %j says nothing',
    (value) => {
      expect(wait({ 'retry-after': value })).toBeUndefined();
    },
  );

  it('X6: a date is held against the server’s own clock', () => {
    const behind = new Date(NOW - 3_600_000).toUTCString();
    const then = new Date(NOW - 3_600_000 + 30_000).toUTCString();
    expect(wait({ 'retry-after': then })).toBe(0);
    expect(wait({ 'retry-after': then, date: behind })).toBe(30_000);
    expect(wait({ 'retry-after': IN_30_S, date: 'rubbish' })).toBe(30_000);
  });

  it('X6: comes before every other header, and retry-after-ms before it', () => {
    const others = {
      ratelimit: '"a";r=0;t=5',
      'ratelimit-reset': '6',
      'x-ratelimit-retry-after': '7',
    };
    expect(wait({ ...others, 'retry-after': '2' }, 429)).toBe(2_000);
    expect(wait({ ...others, 'retry-after': '2', 'retry-after-ms': '1250' }, 429)).toBe(1_250);
    expect(wait({ ...others, 'retry-after': 'rubbish' }, 429)).toBe(7_000);
    expect(wait({ ratelimit: '"a";r=0;t=5', 'ratelimit-reset': '6' }, 429)).toBe(5_000);
  });
});

describe('RateLimit', () => {
  it.each([
    ['"default";r=0;t=30', 30_000],
    ['"default";r=50;t=30', undefined],
    ['"burst";r=0;t=5, "daily";r=0;t=7200', 7_200_000],
    ['"burst";r=0;t=5, "daily";r=10;t=7200', 5_000],
    ['"a, b;r=9\\"";r=0;t=5', 5_000],
    ['token;t=5;r=0', 5_000],
    ['"default"; r=0; t=30; pk=:YWJj:', 30_000],
    ['limit=100, remaining=0, reset=30', 30_000],
    ['limit=100, remaining=5, reset=30', undefined],
    ['limit = 100 , Remaining = 0 , Reset = 30 ', 30_000],
    ['remaining=0', undefined],
    ['"default"; r = 0 ; t = 30 ', 30_000],
    ['"a=b";r=0;t=30', 30_000],
    ['"default";r=0;t=30;flag', 30_000],
    ['"default";r=0', undefined],
    ['"default";r=0;t=x', undefined],
    ['"default";r=0;t=-3', undefined],
    ['"unterminated;r=0;t=5', undefined],
    ['', undefined],
    [',,;;', undefined],
  ])('X6: %s is %s ms', (value, expected) => {
    expect(wait({ ratelimit: value })).toBe(expected);
  });

  it('X6: without a remaining count it matters when the status asks to wait', () => {
    expect(wait({ ratelimit: '"default";t=30' })).toBeUndefined();
    expect(wait({ ratelimit: '"default";t=30' }, 500)).toBeUndefined();
    expect(wait({ ratelimit: '"default";t=30' }, 429)).toBe(30_000);
    expect(wait({ ratelimit: '"default";r=1;t=30' }, 429)).toBeUndefined();
    expect(wait({ ratelimit: 'limit=100, reset=30' }, 429)).toBe(30_000);
    expect(wait({ ratelimit: 'limit=100' }, 429)).toBeUndefined();
    expect(wait({ ratelimit: '"default";r=-1;t=30' }, 500)).toBe(30_000);
  });
});

describe.each([
  ['ratelimit-reset', 'ratelimit-remaining'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'],
  ['x-rate-limit-reset', 'x-rate-limit-remaining'],
])('%s', (reset, remaining) => {
  it.each([
    ['30', 30_000],
    ['0', 0],
    ['1.25', 1_250],
    [String(epoch + 30), 30_000],
    [String(epoch - 30), 0],
    [String(NOW + 1_500), 1_500],
    [IN_30_S, 30_000],
    [` ${IN_30_S} `, 30_000],
    // From 1e9 it is seconds since the epoch, from 1e11 milliseconds.
    ['999999999', 999_999_999_000],
    ['1000000000', 0],
    ['99999999999', 99_999_999_999_000 - NOW],
    ['100000000000', 0],
  ])('X6: %s is %i ms when nothing remains', (value, expected) => {
    expect(retryAfterOf({ [reset]: value, [remaining]: ' 0 ' }, NOW)).toBe(expected);
  });

  it('X6: is an account, not an instruction, while something remains', () => {
    expect(wait({ [reset]: '30', [remaining]: '12' }, 429)).toBeUndefined();
    expect(wait({ [reset]: '30', [remaining]: '12' }, 500)).toBeUndefined();
    expect(wait({ [reset]: '30' }, 500)).toBeUndefined();
    expect(wait({ [reset]: '30', [remaining]: '' }, 500)).toBeUndefined();
  });

  it('X6: counts without a remaining count when the status asks to wait', () => {
    expect(wait({ [reset]: '30' }, 429)).toBe(30_000);
    expect(wait({ [reset]: '30' }, 503)).toBe(30_000);
    expect(wait({ [reset]: '30', [remaining]: 'none' }, 429)).toBe(30_000);
    expect(wait({ [reset]: '30', [remaining]: '-1' }, 500)).toBe(30_000);
  });
});

describe('X-RateLimit-Retry-After', () => {
  it('X6: is an instruction, in seconds or as an epoch', () => {
    expect(wait({ 'x-ratelimit-retry-after': '12' })).toBe(12_000);
    expect(wait({ 'x-ratelimit-retry-after': String(epoch + 12) })).toBe(12_000);
    expect(wait({ 'x-ratelimit-retry-after': 'rubbish' })).toBeUndefined();
  });
});

describe('x-should-retry', () => {
  it.each([
    ['true', true],
    ['false', false],
    [' True ', true],
    ['FALSE', false],
    ['', undefined],
    ['yes', undefined],
    ['1', undefined],
  ])('X6: %j says %s', (value, expected) => {
    expect(saysRetry(new Headers({ 'x-should-retry': value }))).toBe(expected);
    expect(saysRetry({ 'x-should-retry': value })).toBe(expected);
  });

  it('X6: without it nothing is said', () => {
    for (const headers of [undefined, null, new Headers({ 'retry-after': '5' })]) {
      expect(saysRetry(headers)).toBeUndefined();
    }
  });
});

describe('what headers carry', () => {
  it('X6: quotas have their names, and the earlier form its limit', () => {
    expect(parseRateLimit('"say \\"hi\\" twice";r=0;t=30, daily;r=5')).toEqual([
      { name: 'say \\"hi\\" twice', limit: undefined, remaining: 0, resetSeconds: 30 },
      { name: 'daily', limit: undefined, remaining: 5, resetSeconds: undefined },
    ]);
    expect(parseRateLimit('limit=100, remaining=7, reset=30')).toEqual([
      { name: '', limit: 100, remaining: 7, resetSeconds: 30 },
    ]);
  });

  it.each([
    ['"default";q=100;w=60', [{ name: 'default', limit: 100, windowSeconds: 60 }]],
    [
      '"a,b;q=1";w=1;q=5, daily;q=9',
      [
        { name: 'a,b;q=1', limit: 5, windowSeconds: 1 },
        { name: 'daily', limit: 9, windowSeconds: undefined },
      ],
    ],
    [
      '100;w=60, 5000;w=3600;comment="q=1"',
      [
        { name: '', limit: 100, windowSeconds: 60 },
        { name: '', limit: 5000, windowSeconds: 3600 },
      ],
    ],
    ['"none"', [{ name: 'none', limit: undefined, windowSeconds: undefined }]],
  ])('X6: policies of %s', (field, quotas) => {
    expect(parseRateLimitPolicy(field)).toEqual(quotas);
  });

  it('X6: numbers are read with spaces around them, and nothing else', () => {
    expect([' 1.25 ', '-1', '1.', 'x1', '1x', undefined].map(parseAmount)).toEqual([
      1.25,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(
      [' 1.25 ', '-1', ' -12.25 ', 'x1', '1x', '--1', undefined].map((each) => parseCount(each)),
    ).toEqual([1.25, -1, -12.25, undefined, undefined, undefined, undefined]);
  });

  it('X6: of a RateLimit field all quotas, each with what it says', () => {
    const quotasIn = (field: string) =>
      parseRateLimit(field).map(({ remaining, resetSeconds }) => ({ remaining, resetSeconds }));
    expect(quotasIn('"a";r=1;t=2, "b" ; t = 5 ; r = 0;flag, c;x')).toEqual([
      { remaining: 1, resetSeconds: 2 },
      { remaining: 0, resetSeconds: 5 },
      { remaining: undefined, resetSeconds: undefined },
    ]);
    expect(quotasIn('limit=100, Remaining = 3 ,reset= 30')).toEqual([
      { remaining: 3, resetSeconds: 30 },
    ]);
    expect(quotasIn('a="x";r=1, b')).toEqual([
      { remaining: undefined, resetSeconds: undefined },
      { remaining: undefined, resetSeconds: undefined },
    ]);
    expect(quotasIn('"a";r=0;t=5;tt')).toEqual([{ remaining: 0, resetSeconds: 5 }]);
    expect(quotasIn('"a";r=1, "b=c";r=0;t=5, "d";r=2')).toEqual([
      { remaining: 1, resetSeconds: undefined },
      { remaining: 0, resetSeconds: 5 },
      { remaining: 2, resetSeconds: undefined },
    ]);
    expect(quotasIn('"a=b"')).toEqual([{ remaining: undefined, resetSeconds: undefined }]);
  });

  it('X6: dates and numbers are read with spaces around them', () => {
    const date = ` ${new Date(NOW - 60_000).toUTCString()} `;
    expect(retryAfterOf({ date, 'retry-after': ` ${IN_30_S} ` }, NOW)).toBe(90_000);
    expect(parseRetryAfter(` ${IN_30_S} `, NOW)).toBe(30_000);
    expect(parseRetryAfter('x30, 60', NOW)).toBeUndefined();
    expect(parseRetryAfter('30x, 60', NOW)).toBeUndefined();
  });

  it('X6: x-ratelimit-reset-after counts by what remains, too', () => {
    const reset = { 'x-ratelimit-reset-after': '7' };
    expect(wait({ ...reset, 'x-ratelimit-remaining': '0' })).toBe(7_000);
    expect(wait({ ...reset, 'x-ratelimit-remaining': '3' }, 429)).toBeUndefined();
  });
});

it('X6: whatever the headers say, the answer is undefined or a finite number from 0', () => {
  const names = [
    'retry-after',
    'retry-after-ms',
    'x-ratelimit-retry-after',
    'ratelimit',
    'ratelimit-reset',
    'ratelimit-remaining',
    'x-ratelimit-reset',
    'x-ratelimit-reset-after',
    'x-rate-limit-reset',
    'x-rate-limit-remaining',
    'date',
  ];
  const fragment = fc.constantFrom(
    '"a"',
    ';r=',
    ';t=',
    '0',
    '9'.repeat(330),
    ',',
    ' ',
    '-',
    '.',
    'e',
    '\\',
    '"',
    'GMT',
    IN_30_S,
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(fragment, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.double().map(String),
    fc.date().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  );
  const anything = fc.dictionary(fc.constantFrom(...names), text);
  const now = fc.integer({ min: 0, max: 4e12 });
  fc.assert(
    fc.property(
      anything,
      now,
      fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
      (headers, at, status) => {
        const answer = retryAfterOf(headers, at, status);
        if (answer === undefined) return;
        expect(Number.isFinite(answer)).toBe(true);
        expect(answer).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 1_000 },
  );
});

it('X6: a header of absurd length is read without falling over', () => {
  expect(retryAfterOf({ 'retry-after': '1,'.repeat(300_000).concat('9') }, NOW)).toBe(9_000);
  expect(retryAfterOf({ ratelimit: '"a";r=0;t=1,'.repeat(50_000) }, NOW)).toBe(1_000);
});
