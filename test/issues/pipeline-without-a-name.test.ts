import { ConfigError, pipeline, retry } from 'holdfast';
import { expect, it } from 'vitest';

/** It was told to be "a plain object with options". */
it('a policy in place of the name is answered with how to give one', () => {
  const make = (): unknown => pipeline(retry() as never);
  expect(make).toThrow(ConfigError);
  expect(make).toThrow("the name comes first, as in pipeline('inventory', retry())");
});
