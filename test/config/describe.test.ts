import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf, shorten, describe as text } from '../../src/config/describe.js';

class Widget {}

describe('describe', () => {
  it.each<[unknown, string]>([
    [5, '5'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    ['hi "you"', '"hi \\"you\\""'],
    ['a\nb', '"a\\nb"'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [12n, '12n'],
    [10n ** 500n, 'a huge bigint'],
    [-(10n ** 500n), 'a huge bigint'],
    [Symbol('tag'), 'Symbol(tag)'],
    [() => 5, 'a function'],
    [[], 'an empty array'],
    [[1, 2], 'an array'],
    [{}, '{}'],
    [{ secret: 1 }, 'an object'],
    [Object.create(null), '{}'],
    [new Widget(), 'an instance of Widget'],
    [new Date(0), 'an instance of Date'],
  ])('%o', (value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it('does without the name of a class', () => {
    for (const made of [undefined, null, 5, {}, { name: '' }, { name: 5 }, class {}]) {
      expect(text(Object.create(Object.create({ constructor: made })))).toBe('an object');
    }
  });

  it('survives cycles, getters that throw and dead proxies', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(text(cyclic)).toBe('an object');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(text(proxy)).toBe('an object');
    const prototype = Object.defineProperty({}, 'constructor', {
      get() {
        throw new Error('no');
      },
    });
    expect(text(Object.create(prototype))).toBe('an object');
  });

  it('is short for anything', () => {
    expect(text('x'.repeat(1e6)).length).toBeLessThan(60);
    expect(text(Symbol('x'.repeat(1e6))).length).toBeLessThan(60);
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
        expect(text(value).length).toBeLessThan(320);
      }),
    );
  });
});

describe('shorten', () => {
  it('keeps what is short and marks what is cut', () => {
    expect(shorten('x'.repeat(48))).toBe('x'.repeat(48));
    expect(shorten('x'.repeat(49))).toBe(`${'x'.repeat(47)}…`);
  });
});

describe('messageOf', () => {
  it('is the message of an error, and a description of anything else', () => {
    expect(messageOf(new Error('boo'))).toBe('boo');
    expect(messageOf({ message: 5 })).toBe('an object');
    expect(messageOf('text')).toBe('"text"');
    expect(messageOf(null)).toBe('null');
  });
});
