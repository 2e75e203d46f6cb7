import { ConfigError, fallback } from 'holdfast';
import { expect, it } from 'vitest';

/**
 * `fallback(load())` instead of `fallback(load)` was taken for a value: the work ran once, before any call, its failure was
 * an unhandled rejection, and `settle` answered with the promise itself.
 */
it('F1: a promise as the value of a fallback is a ConfigError that names the remedy', async () => {
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about.
  const thenable = { then: (_: unknown, reject: (error: Error) => void) => reject(new Error('x')) };
  for (const made of [Promise.resolve(1), Promise.reject(new Error('down')), thenable]) {
    expect(() => fallback(made)).toThrow(ConfigError);
    expect(() => fallback(made)).toThrow(/\(got a promise\).*\(\) => load\(\)/);
  }
});
