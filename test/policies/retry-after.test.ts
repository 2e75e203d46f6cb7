import { RejectedError } from 'holdfast';
import { expect, it } from 'vitest';
import { failure, success } from '../../src/pipeline/outcome.js';
import { retryAfterOf } from '../../src/policies/retry-after.js';

it.each([
  ['a number', { retryAfter: 1500 }, 1500],
  ['zero', { retryAfter: 0 }, 0],
  ['for ever', { retryAfter: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY],
  ['a rejection', new RejectedError('no', { retryAfter: 20 }), 20],
  ['a rejection that does not know', new RejectedError('no'), undefined],
  ['a negative number', { retryAfter: -1 }, undefined],
  ['NaN', { retryAfter: Number.NaN }, undefined],
  ['a text', { retryAfter: '120' }, undefined],
  ['no such field', new Error('boom'), undefined],
  ['a text as error', 'boom', undefined],
  ['null', null, undefined],
  ['undefined', undefined, undefined],
])('R4: reads retryAfter of an error: %s', (_, error, expected) => {
  expect(retryAfterOf(failure(error))).toBe(expected);
});

it('R4: a result asks for nothing', () => {
  expect(retryAfterOf(success({ retryAfter: 5 }))).toBeUndefined();
});
