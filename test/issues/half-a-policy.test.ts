import { retry } from 'cockatiel';
import { handleAll, keyed, pipeline } from 'holdfast';
import { expect, it } from 'vitest';

/** A gate or driver that lacked a member, and a policy of cockatiel's, were "an object": the text did not say what to do. */
it.each([
  ['a gate needs exit()', { role: 'gate', type: 'limit', enter() {} }],
  ['a gate needs a type and enter()', { role: 'gate', enter: true, exit() {} }],
  ['a driver needs drive()', { role: 'driver', type: 'again' }],
  ["its role must be 'gate' or 'driver'", { role: 'filter', type: 'even' }],
  ['fromCockatiel() of holdfast/cockatiel makes one of a cockatiel policy', retry(handleAll, {})],
  ['a keyed pipeline cannot be nested: call it in the operation', keyed(pipeline('a'))],
])('says that %s', (hint, value) => {
  expect(() => pipeline('p', value as never)).toThrow(
    expect.objectContaining({
      name: 'ConfigError',
      message: expect.stringContaining(`); ${hint}`),
    }),
  );
});
