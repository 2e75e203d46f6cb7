import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod/mini';
import {
  type Duration,
  durationIn,
  durationSchema,
  formatDuration,
  parseDuration,
  positiveDurationSchema,
} from '../../src/time/duration.js';

describe('parseDuration', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [250, 250],
    [0.5, 0.5],
    ['0ms', 0],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['.5s', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0.25h', 900_000],
    ['1000h', 3_600_000_000],
  ])('G7: %s is %s ms', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  it('G7: -0 is 0', () => {
    expect(Object.is(parseDuration(-0), 0)).toBe(true);
  });

  it('G7: what is shorter than a nanosecond is 0, and a nanosecond is not', () => {
    expect(parseDuration(1e-6)).toBe(1e-6);
    expect(parseDuration(0.9e-6)).toBe(0);
    expect(parseDuration('.25s')).toBe(250);
  });

  const FORMS =
    "must be a duration: milliseconds as a number >= 0, or a string like '250ms', '1.5s', '2m' or '1h'";
  it.each([
    ['', '; this text is empty'],
    [' ', '; this text is empty'],
    ['soon', ''],
    ['NaN', ''],
    ['Infinity', ''],
    ['a5', ''],
    ['x5 MS', ''],
    ['5 MSx', '; the units are ms, s, m and h, and only one is used'],
    ['at 5 s', ''],
    ['1.25 s', "; write '1.25s'"],
    ['99999999999999999999ms', '; at most 15 digits, 9 after the point'],
    ['1.1234567890s', '; at most 15 digits, 9 after the point'],
    ['123456789012345 s', "; write '123456789012345s'"],
    ['.25 s', "; write '.25s'"],
    ['5 sols', '; the units are ms, s, m and h, and only one is used'],
    ['5 am', '; the units are ms, s, m and h, and only one is used'],
    ['5 oh', '; the units are ms, s, m and h, and only one is used'],
    ['5 hx', '; the units are ms, s, m and h, and only one is used'],
    ['5 mx', '; the units are ms, s, m and h, and only one is used'],
    ['5 xms', '; the units are ms, s, m and h, and only one is used'],
    ['5 os', '; the units are ms, s, m and h, and only one is used'],
    ['5 msx', '; the units are ms, s, m and h, and only one is used'],
    ['5d', '; the units are ms, s, m and h, and only one is used'],
    ['1m30s', '; the units are ms, s, m and h, and only one is used'],
    ['1e3ms', '; the units are ms, s, m and h, and only one is used'],
    ['1.2.3s', ''],
    ['1 000', ''],
    [`${'1'.repeat(40)}x`, '; at most 15 digits, 9 after the point'],
    ['5', "; a string needs a unit: '5s' or '5ms'"],
    ['55', "; a string needs a unit: '55s' or '55ms'"],
    [' 1.5 ', "; a string needs a unit: '1.5s' or '1.5ms'"],
    ['-5s', '; it cannot be negative'],
    [' -5', '; it cannot be negative'],
    ['5 ms', "; write '5ms'"],
    ['55 MS', "; write '55ms'"],
    ['5  H', "; write '5h'"],
    [' 5s', "; write '5s'"],
    ['5s ', "; write '5s'"],
    ['1s\n', "; write '1s'"],
    ['1,5s', "; write '1.5s'"],
    ['.5 s', "; write '.5s'"],
    ['30 sec', "; write '30s'"],
    ['30secs', "; write '30s'"],
    ['30 seconds', "; write '30s'"],
    ['1 second', "; write '1s'"],
    ['250 msec', "; write '250ms'"],
    ['250 msecs', "; write '250ms'"],
    ['250 millis', "; write '250ms'"],
    ['1 millisecond', "; write '1ms'"],
    ['250 Milliseconds', "; write '250ms'"],
    ['5min', "; write '5m'"],
    ['5 mins', "; write '5m'"],
    ['1 minute', "; write '1m'"],
    ['5 minutes', "; write '5m'"],
    ['1hr', "; write '1h'"],
    ['2 hrs', "; write '2h'"],
    ['1 hour', "; write '1h'"],
    ['2 hours', "; write '2h'"],
    [Number.NaN, ''],
    [undefined, ''],
  ])('G7: says what would be right for %j', (value, hint) => {
    expect(() => parseDuration(value)).toThrow(`${FORMS}${hint}`);
    const thrown = (() => {
      try {
        return parseDuration(value);
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(thrown).toBe(`${FORMS}${hint}`);
    expect(z.safeParse(durationSchema(), value).error?.issues[0]?.message).toBe(`${FORMS}${hint}`);
  });

  it('G7: of a number out of range the schema says the same', () => {
    expect(z.safeParse(durationSchema(), -1).error?.issues[0]?.message).toBe(FORMS);
  });

  it('gives the milliseconds that are meant, not those of binary fractions', () => {
    expect(1.001 * 1_000).not.toBe(1_001);
    expect(parseDuration('1.001s')).toBe(1_001);
    expect(parseDuration('0.29h')).toBe(1_044_000);
    expect(parseDuration('0.000001ms')).toBe(0.000001);
  });

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    '',
    ' ',
    '5',
    's',
    '-5s',
    '+5s',
    '5 s',
    '5S',
    '5sec',
    '5d',
    '1e3ms',
    '0x10ms',
    '1.s',
    '1.2.3s',
    'Infinitys',
    'NaNms',
    '1s\n',
    `${'9'.repeat(400)}s`,
    '٣s',
  ])('G7: refuses %j, and says what would be right', (value) => {
    expect(() => parseDuration(value)).toThrow(RangeError);
    expect(() => parseDuration(value)).toThrow(/must be a duration: .*'250ms'/);
  });

  it.each([undefined, null, true, 5n, {}, [], [5], new Date(0), Symbol('5s'), () => 5])(
    'G7: refuses what is neither number nor text',
    (value) => {
      expect(() => parseDuration(value)).toThrow(TypeError);
      expect(() => parseDuration(value)).toThrow(/must be a duration/);
    },
  );

  it.each([
    ['5', 'needs a unit'],
    ['-5s', 'cannot be negative'],
    ['5 s', "write '5s'"],
    ['5MS', "write '5ms'"],
  ])('guesses what is wrong with %j', (value, guess) => {
    expect(() => parseDuration(value)).toThrow(guess);
  });

  it('G7: every value gives finite milliseconds >= 0, or a RangeError or TypeError', () => {
    const texts = fc.tuple(
      fc.oneof(fc.double(), fc.bigInt()),
      fc.constantFrom('ms', 's', 'm', 'h', ''),
    );
    const values = fc.oneof(
      fc.anything(),
      fc.double(),
      texts.map(([n, unit]) => `${n}${unit}`),
    );
    fc.assert(
      fc.property(values, (value) => {
        try {
          const ms = parseDuration(value);
          expect(Number.isFinite(ms) && ms >= 0).toBe(true);
        } catch (error) {
          expect(error instanceof RangeError || error instanceof TypeError).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('durationSchema', () => {
  it('G7: accepts durations and gives milliseconds', () => {
    expect(z.parse(durationSchema(), '1.5s')).toBe(1_500);
    expect(z.parse(durationSchema(), 0)).toBe(0);
    expect(z.parse(positiveDurationSchema(), '1ms')).toBe(1);
    expectTypeOf<z.output<ReturnType<typeof durationSchema>>>().toEqualTypeOf<number>();
    expectTypeOf<z.input<ReturnType<typeof durationSchema>>>().toEqualTypeOf<Duration>();
    expectTypeOf<z.input<ReturnType<typeof positiveDurationSchema>>>().toEqualTypeOf<Duration>();
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5', '-5s', null, undefined, {}, [1]])(
    'G7: refuses %j with one issue that tells the remedy',
    (value) => {
      for (const schema of [durationSchema(), positiveDurationSchema()]) {
        const { error } = z.safeParse(schema, value);
        expect(error?.issues).toHaveLength(1);
        expect(error?.issues[0]?.message).toMatch(/^must be a duration: /);
      }
    },
  );

  it('positiveDurationSchema refuses nothing-long ones', () => {
    for (const none of [0, '0s', '0.0h'] as const) {
      expect(z.parse(durationSchema(), none)).toBe(0);
      const { error } = z.safeParse(positiveDurationSchema(), none);
      expect(error?.issues.map((issue) => issue.message)).toEqual([
        'must be a duration longer than 0',
      ]);
    }
  });

  it('agrees with parseDuration about every value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.double(), fc.string()), (value) => {
        const result = z.safeParse(durationSchema(), value);
        if (result.success) expect(result.data).toBe(parseDuration(value));
        else expect(() => parseDuration(value)).toThrow(result.error.issues[0]?.message);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '0.4 ms'],
    [250, '250 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [1_500, '1.5 s'],
    [30_000, '30 s'],
    [12_345, '12.35 s'],
    [120_000, '2 min'],
    [90_000, '1.5 min'],
    [3_600_000, '1 h'],
    [86_400_000, '24 h'],
    [123.456, '123 ms'],
    [-1_500, '-1.5 s'],
    [999.7, '1 s'],
    [59_999.9, '1 min'],
    [3_599_999, '1 h'],
    [Number.POSITIVE_INFINITY, 'forever'],
    [Number.NaN, 'NaN ms'],
  ])('%s is "%s"', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('G7: a value that is no duration has no milliseconds', () => {
    expect(durationIn('1.5s')).toBe(1_500);
    for (const value of ['soon', -1, Number.NaN, undefined, null, {}]) {
      expect(durationIn(value)).toBeUndefined();
    }
  });

  it('G7: the schemas say what to write, and that zero is too short', () => {
    const said = (schema: z.core.$ZodType, value: unknown) =>
      z.safeParse(schema, value).error?.issues.map(({ message }) => message);
    for (const value of [-1, 'soon', null]) {
      expect(said(durationSchema(), value)?.join()).toContain('must be a duration: ');
    }
    expect(z.parse(durationSchema(), '2s')).toBe(2_000);
    expect(said(positiveDurationSchema(), 0)).toEqual(['must be a duration longer than 0']);
    expect(z.parse(positiveDurationSchema(), '2s')).toBe(2_000);
  });
});
