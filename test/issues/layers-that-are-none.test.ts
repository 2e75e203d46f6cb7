import { ConfigError, keyed, pipeline, retry, standard } from 'holdfast';
import { expect, it } from 'vitest';

/** A layer or template that could not be looked at made `pipeline` or `keyed` throw whatever its proxy threw. */
it('a proxy whose traps throw, or that was revoked, makes a ConfigError', () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const trapped = new Proxy({}, { get: () => thrown(), getPrototypeOf: () => thrown() });
  for (const value of [trapped, revoked.proxy]) {
    expect(() => pipeline('p', value as never)).toThrow(ConfigError);
    expect(() => pipeline('p', value as never)).toThrow('pipeline.policies[0]: must be a policy');
    expect(() => keyed(value as never)).toThrow(ConfigError);
  }
});

function thrown(): never {
  throw new Error('from a trap');
}

it('what was given instead of a policy is named, with what to do', () => {
  const message = (layer: unknown) => {
    try {
      pipeline('p', layer as never);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  const start = 'pipeline.policies[0]: must be a policy or a pipeline';
  expect(message(null)).toBe(`${start} (got null)`);
  expect(message('retry')).toBe(`${start} (got "retry")`);
  expect(message(retry)).toBe(
    `${start} (got a function); call the function that makes it, as in retry()`,
  );
  expect(message(standard())).toBe(
    `${start} (got an array); spread a list of policies, as in ...standard()`,
  );
  const remedy =
    "policies come after the options, as in pipeline({ name: 'x' }, timeout('5s'), retry())";
  expect(message({ retries: 3 })).toBe(`${start} (got an object); ${remedy}`);
  expect(message({})).toBe(`${start} (got {}); ${remedy}`);
  expect(message(5_000)).toBe(`${start} (got 5000); write timeout('5s')`);
  expect(message('5s')).toBe(`${start} (got "5s"); write timeout('5s')`);
  expect(message(-1)).toBe(`${start} (got -1)`);
  expect(message(new Map())).toBe(`${start} (got an instance of Map)`);
});
