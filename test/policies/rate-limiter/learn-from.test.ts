import { ConfigError, learnFrom } from 'holdfast';
import { expect, it } from 'vitest';

it.each([
  [5, 'learnFrom: must be a function (got 5)'],
  [{}, 'learnFrom: must be a function (got {})'],
  [undefined, 'learnFrom: must be a function, and is missing'],
])('learnFrom(%j) is refused when it is made', (given, message) => {
  const make = () => learnFrom(given as never);
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});
