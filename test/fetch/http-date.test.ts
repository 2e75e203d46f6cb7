import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate } from '../../src/fetch/retry/http-date.js';

const at = (iso: string): number => Date.parse(iso);
const NOW = at('2026-06-01T00:00:00Z');
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

describe('parseHttpDate', () => {
  it('X6: reads the three forms of RFC 9110', () => {
    const expected = at('1994-11-06T08:49:37Z');
    expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT', NOW)).toBe(expected);
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', NOW)).toBe(expected);
    expect(parseHttpDate('Sun Nov  6 08:49:37 1994', NOW)).toBe(expected);
  });

  const time = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });

  it('X6: reads back every second that IMF-fixdate and asctime can write', () => {
    fc.assert(
      fc.property(time, (date) => {
        date.setUTCMilliseconds(0);
        const text = date.toUTCString();
        expect(parseHttpDate(text, NOW), text).toBe(date.getTime());
        const [day, number, month, year, clock] = text.replace(',', '').split(' ');
        const asctime = `${day} ${month} ${String(Number(number)).padStart(2)} ${clock} ${year}`;
        expect(parseHttpDate(asctime, NOW), asctime).toBe(date.getTime());
      }),
    );
  });

  it('X6: a two-digit year more than 50 years ahead is the latest past one', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('1980-01-01Z'),
          max: new Date('2200-01-01Z'),
          noInvalidDate: true,
        }),
        fc.integer({ min: -49 * 365, max: 49 * 365 }),
        (now, days) => {
          const date = new Date(now.getTime() + days * 86_400_000);
          date.setUTCMilliseconds(0);
          const [, number, month, year = '', clock] = date.toUTCString().split(' ');
          const day = DAYS[date.getUTCDay()];
          const text = `${day}, ${number}-${month}-${year.slice(-2)} ${clock} GMT`;
          expect(parseHttpDate(text, now.getTime()), text).toBe(date.getTime());
        },
      ),
    );
    const at50 = 'Monday, 01-Jun-76 00:00:00 GMT';
    expect(parseHttpDate(at50, NOW)).toBe(at('2076-06-01T00:00:00Z'));
    const beyond = 'Monday, 01-Jun-76 00:00:01 GMT';
    expect(parseHttpDate(beyond, NOW)).toBe(at('1976-06-01T00:00:01Z'));
    expect(parseHttpDate('Saturday, 01-Jan-00 00:00:00 GMT', at('1999-12-31T23:59:59Z'))).toBe(
      at('2000-01-01T00:00:00Z'),
    );
    // 1900 had no 29 February, 2000 had.
    expect(parseHttpDate('Tuesday, 29-Feb-00 00:00:00 GMT', at('1980-01-01Z'))).toBe(
      at('2000-02-29T00:00:00Z'),
    );
  });

  it('X6: takes a leap second, and names in any case', () => {
    expect(parseHttpDate('sat, 31 dec 2016 23:59:60 gmt', NOW)).toBe(at('2017-01-01T00:00:00Z'));
  });

  it.each([
    '',
    '2026-06-01T00:00:00Z',
    'Mon, 31 Feb 2026 00:00:00 GMT',
    'Mon, 00 Jan 2026 00:00:00 GMT',
    'Mon, 01 Foo 2026 00:00:00 GMT',
    'Mon, 01 Jun 2026 24:00:00 GMT',
    'Mon, 01 Jun 2026 00:60:00 GMT',
    'Mon, 01 Jun 2026 00:00:61 GMT',
    'Mon, 01 Jun 2026 00:00:00 UTC',
    'Mon, 1 Jun 2026 00:00:00 GMT',
    'Mon, 01 Jun 2026 00:00:00 GMT x',
    'Day, 01 Jun 2026 00:00:00 GMT',
    'Thursday, 29-Feb-01 00:00:00 GMT',
    'Mon Jun 1 00:00:00 2026',
  ])('X6: %j is none', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });
});

it('X6: is a date from its beginning to its end', () => {
  for (const date of [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ]) {
    expect(parseHttpDate(date, 0)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    expect(parseHttpDate(`x ${date}`, 0)).toBeUndefined();
    expect(parseHttpDate(`${date}1`, 0)).toBeUndefined();
  }
});
