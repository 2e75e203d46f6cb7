import { ContractError, RejectedError } from 'holdfast';
import { expect, it } from 'vitest';
import { failure, success } from '../../src/pipeline/outcome/outcome.js';
import { askedBy, retryAfterOf } from '../../src/policies/retry-after.js';

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
  ['a function', Object.assign(() => {}, { retryAfter: 5 }), undefined],
  [
    'one that cannot be read',
    {
      get retryAfter(): number {
        throw new Error('no');
      },
    },
    undefined,
  ],
  ['null', null, undefined],
  ['undefined', undefined, undefined],
])('R4: reads retryAfter of an error: %s', (_, error, expected) => {
  expect(retryAfterOf(failure(error))).toBe(expected);
});

it('R4: a result asks for nothing', () => {
  expect(retryAfterOf(success({ retryAfter: 5 }))).toBeUndefined();
});

it('R4: a delayFrom takes the place of the error’s own word', () => {
  const busy = failure({ retryAfter: 5 });
  expect(askedBy(undefined, busy)).toBe(5);
  expect(askedBy(() => 7, busy)).toBe(7);
  expect(askedBy(() => undefined, busy)).toBeUndefined();
  expect(askedBy(() => -1, busy)).toBeUndefined();
  expect(askedBy((outcome) => (outcome === busy ? 1 : 2), busy)).toBe(1);
});

it('R4: a delayFrom that answers a promise breaks its contract', () => {
  const later = (() => Promise.resolve(5)) as unknown as () => number;
  expect(() => askedBy(later, failure('boom'))).toThrow(ContractError);
  expect(() => askedBy(later, failure('boom'))).toThrow(
    'delayFrom returned a promise: it cannot be asynchronous, it must return a number of milliseconds or undefined',
  );
});
