import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/config/nearest.js';

const OPTIONS = [
  'maxRetries',
  'maxDelay',
  'minimumCalls',
  'openFor',
  'jitter',
  'name',
  'per',
  'on',
];

describe('nearest', () => {
  it.each([
    ['maxRetrys', 'maxRetries'],
    ['maxRetires', 'maxRetries'],
    ['MAXRETRIES', 'maxRetries'],
    ['max_retries', 'maxRetries'],
    ['retries', 'maxRetries'],
    ['minCalls', 'minimumCalls'],
    ['maxDelayMs', 'maxDelay'],
    ['maxdelay', 'maxDelay'],
    ['opneFor', 'openFor'],
    ['jiter', 'jitter'],
    ['pre', 'per'],
  ])('%s is meant as %s', (name, meant) => {
    expect(nearest(name, OPTIONS)).toBe(meant);
  });

  it.each([
    '',
    'x',
    'xy',
    'mini',
    'oxxxFor',
    'timeout',
    'concurrency',
    'zzzzzz',
    'm'.repeat(10_000),
  ])('%s is near to none', (name) => {
    expect(nearest(name, OPTIONS)).toBeUndefined();
  });

  it('has none without candidates', () => {
    expect(nearest('maxRetries', [])).toBeUndefined();
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['abcd', 'acbd', 1],
    ['ca', 'abc', 3],
  ])('%j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it('is 0 for equals only, symmetric, and no more than the longer length', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });
});
