import { bulkhead, pipeline } from 'holdfast';
import { expect, it } from 'vitest';

/** A chosen name that looks like a numbered one hid another policy; `__proto__` hid itself. */
it('every policy has a name of its own, and shows up in the snapshot by it', () => {
  const names = (...given: (string | undefined)[]): string[] =>
    Object.keys(pipeline('p', ...given.map((name) => bulkhead({ name }))).snapshot().policies);
  expect(names('bulkhead_2', undefined, undefined)).toEqual([
    'bulkhead_2',
    'bulkhead',
    'bulkhead_3',
  ]);
  expect(names(undefined, undefined, 'bulkhead_2')).toEqual([
    'bulkhead',
    'bulkhead_3',
    'bulkhead_2',
  ]);
  expect(names('a', 'a', 'a')).toEqual(['a', 'a_2', 'a_3']);
  expect(names('__proto__', 'constructor')).toEqual(['__proto__', 'constructor']);
});
