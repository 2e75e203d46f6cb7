import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepHeaders, readHeader, withHeader } from '../../src/fetch/request/headers.js';
import type { HeadersSource } from '../../src/fetch/types.js';

type HeadersInit = ConstructorParameters<typeof Headers>[0];

const undici = await import('undici');

const forms: [string, (pairs: [string, string][]) => HeadersSource][] = [
  ['Headers', (pairs) => new Headers(pairs)],
  ['undici’s Headers', (pairs) => new undici.Headers(pairs) as unknown as Headers],
  ['pairs', (pairs) => pairs],
  ['a Map', (pairs) => new Map(pairs)],
  ['a record', (pairs) => Object.fromEntries(pairs)],
];

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
const value = fc.stringMatching(/^[a-z0-9][a-z0-9 ,]{0,8}[a-z0-9]$/);
const pairsOf = fc.uniqueArray(fc.tuple(name, value), {
  selector: ([key]) => key.toLowerCase(),
  maxLength: 5,
});

describe.each(forms)('%s', (_, make) => {
  it('X8: is read, copied and added to as fetch would read it', () => {
    fc.assert(
      fc.property(pairsOf, name, value, (pairs, key, text) => {
        const lower = key.toLowerCase();
        const given = make(pairs);
        const before = [...new Headers(given as HeadersInit)];
        expect(readHeader(given, lower) ?? null).toBe(new Headers(given as HeadersInit).get(lower));
        expect([...new Headers(keepHeaders(given) as HeadersInit)]).toEqual(before);

        const expected = new Headers(given as HeadersInit);
        expected.set(lower, text);
        const added = withHeader(given, lower, text);
        expect([...new Headers(added as HeadersInit)]).toEqual([...expected]);
        expect([...new Headers(given as HeadersInit)], 'not changed').toEqual(before);
      }),
    );
  });

  it('X8: a copy does not follow later changes', () => {
    const given = make([['A', '1']]);
    const copy = keepHeaders(given);
    if (given instanceof Map || 'set' in given) {
      (given as Map<string, string>).set('A', '2');
    } else if (Array.isArray(given)) {
      (given[0] as string[])[1] = '2';
    } else {
      (given as Record<string, string>)['A'] = '2';
    }
    expect(readHeader(copy as HeadersSource, 'a')).toBe('1');
  });
});

describe('readHeader', () => {
  it('X3: joins several values, as Headers does', () => {
    expect(
      readHeader(
        [
          ['A', '1'],
          ['b', '2'],
          ['a', '3'],
        ],
        'a',
      ),
    ).toBe('1, 3');
    expect(readHeader({ A: '1', a: '3' }, 'a')).toBe('1, 3');
    expect(readHeader({ a: ['1', '3'] }, 'a')).toBe('1, 3');
    expect(readHeader({ a: undefined, A: '3' }, 'a')).toBe('3');
    expect(readHeader({ A: '1', a: undefined }, 'a')).toBe('1');
    expect(readHeader({ a: 7 } as never, 'a')).toBe('7');
  });

  it('X3: finds nothing where nothing is', () => {
    expect(readHeader(null, 'a')).toBeUndefined();
    expect(readHeader(undefined, 'a')).toBeUndefined();
    expect(readHeader({ a: undefined }, 'a')).toBeUndefined();
    expect(readHeader({}, 'constructor')).toBeUndefined();
    expect(readHeader([null] as never, 'a')).toBeUndefined();
  });

  it('X3: does not use up an iterator', () => {
    const iterator = new Map([['a', '1']]).entries();
    expect(readHeader(iterator, 'a')).toBeUndefined();
    expect([...iterator]).toEqual([['a', '1']]);
  });
});

describe('keepHeaders', () => {
  it('X8: an iterator, which can be read once, can be sent on every attempt', () => {
    const kept = keepHeaders(new Map([['a', '1']]).entries()) as HeadersSource;
    expect(readHeader(kept, 'a')).toBe('1');
    expect(readHeader(kept, 'a')).toBe('1');
  });

  it('X8: what is malformed stays for fetch to refuse', () => {
    for (const wrong of [[['a']], ['a'], [['a', '1', '2']]]) {
      const kept = keepHeaders(wrong as never);
      expect(() => new Headers(kept as HeadersInit), JSON.stringify(wrong)).toThrow(TypeError);
    }
  });

  it('X8: works without iteration where there is forEach', () => {
    const headers = new Headers({ a: '1' });
    const minimal = {
      get: (key: string) => headers.get(key),
      forEach: headers.forEach.bind(headers),
    };
    expect(withHeader(minimal, 'b', '2')).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });
});

it('X8: frozen headers work', () => {
  const headers = Object.freeze({ Accept: 'a', 'X-Attempt': 'own' });
  expect(withHeader(headers, 'x-attempt', '1')).toEqual({ Accept: 'a', 'x-attempt': '1' });
});
