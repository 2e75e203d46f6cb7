import { ConfigError, retry, standard } from 'holdfast';
import { expect, it } from 'vitest';

/** zod makes an error of its own and names it. Where `Error.prototype` is frozen, that threw a TypeError in place of the ConfigError. */
it('G7: wrong options are a ConfigError where errors of the language cannot be named', () => {
  const thrown: unknown[] = [];
  const wrong = [() => retry({ maxRetries: -1 }), () => standard({ nothing: 1 } as object)];
  Object.defineProperty(Error.prototype, 'name', { writable: false });
  try {
    for (const make of wrong) {
      try {
        make();
      } catch (error) {
        thrown.push(error);
      }
    }
  } finally {
    Object.defineProperty(Error.prototype, 'name', { writable: true });
  }
  expect(thrown).toEqual([expect.any(ConfigError), expect.any(ConfigError)]);
  expect(thrown.map((error) => (error as ConfigError).path)).toEqual([
    'retry.maxRetries',
    'standard.nothing',
  ]);
});
