import { ConfigError, keyed, pipeline, TimeoutError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent } from 'undici';
import { expect, it, vi } from 'vitest';
import { rejectionOf } from '../policies/support/rig.js';

/** `execute(op, { timeuot: 5 })` ran without any time, and nothing said so. */
const calls = pipeline('calls');

const WRONG = [
  [{ timeuot: 5 }, 'timeuot: unknown option "timeuot": did you mean "timeout"?'],
  [
    { signal: undefined, dedline: 5 },
    'dedline: unknown option "dedline": did you mean "deadline"?',
  ],
  [{ retries: 5 }, 'retries: unknown option "retries"; the options are signal, timeout, deadline'],
  [{ settings: [1] }, 'settings: unknown option "settings"'],
  [{ timeout: '5 s' }, 'timeout: must be a duration'],
  [{ timeout: -1 }, 'timeout: must be a duration'],
  [{ timeout: '' }, 'timeout: must be a duration'],
  [{ timeout: null }, 'timeout: must be a duration'],
  [{ timeout: Infinity }, 'timeout: must be a duration'],
  [{ timeout: Number.NaN }, 'timeout: must be a duration'],
  [{ deadline: Number.NaN }, 'deadline: must be a time in the milliseconds'],
  [{ deadline: new Date() }, 'deadline: must be a time in the milliseconds'],
  [{ deadline: '5s' }, 'deadline: must be a time in the milliseconds'],
  [{ deadline: Date.now() + 500 }, 'of the wall clock, set timeout'],
  [5_000, ': must be an object with options (got 5000)'],
  ['5s', ': must be an object with options (got "5s")'],
  [[1], ': must be an object with options'],
] as const;

it.each(WRONG)('G16: %o is refused by execute', async (options, message) => {
  const operation = vi.fn();
  for (const call of [
    calls.execute(operation, options as object),
    keyed(calls).execute('key', operation, options as object),
  ]) {
    const error = await rejectionOf(call);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(message);
    expect((error as ConfigError).path).toMatch(/^execute\b/);
  }
  expect(operation).not.toHaveBeenCalled();
});

it("G16: a class's getters are read", async () => {
  class Times {
    get timeout() {
      return 0;
    }
  }
  class Late {
    get deadline() {
      return -1;
    }
  }
  for (const options of [new Times(), new Late()]) {
    const hung = () => new Promise(() => {});
    await expect(calls.execute(hung, options)).rejects.toThrow(TimeoutError);
    await expect(keyed(calls).execute('key', hung, options)).rejects.toThrow(TimeoutError);
  }
});

it.each(WRONG)('G16: %o is refused by settle, which never throws', async (options, message) => {
  const operation = vi.fn();
  for (const call of [
    calls.settle(operation, options as object),
    keyed(calls).settle('key', operation, options as object),
  ]) {
    expect(await call).toMatchObject({
      status: 'rejected',
      reason: { name: 'ConfigError', message: expect.stringContaining(message) as string },
    });
  }
  expect(operation).not.toHaveBeenCalled();
});

it('G16: of an unknown option the error has the path and the value', async () => {
  expect(await rejectionOf(calls.execute(() => 1, { timeuot: 5 } as object))).toMatchObject({
    path: 'execute.timeuot',
    value: 5,
  });
});

it('G16: what others have put on Object.prototype is no option', async () => {
  const prototype = Object.prototype as { oddity?: number };
  prototype.oddity = 1;
  try {
    expect(await calls.execute(() => 1, { signal: undefined })).toBe(1);
    expect(await calls.execute(() => 1, { timeout: '1m' })).toBe(1);
  } finally {
    delete prototype.oddity;
  }
});

it('G16: an HTTP client refuses them in its third argument and in init.holdfast', async () => {
  const fetch = resilientFetch({
    fetch: async (_url: string, _init?: RequestInit) => new Response(),
  });
  const request = resilientRequest();
  const agent = new Agent().compose(resilience());
  const url = 'http://localhost:1';
  const holdfast = { totalTimeuot: 5 } as object;
  for (const call of [
    fetch(url, {}, holdfast),
    fetch(url, { holdfast }),
    fetch.read(url, { holdfast }, () => 1),
    request(url, {}, holdfast),
    request(url, { holdfast }),
    new Promise((resolve, reject) => {
      agent
        .request({ origin: url, path: '/', method: 'GET', holdfast } as never)
        .then(resolve, reject);
    }),
  ]) {
    const error = await rejectionOf(call);
    expect(error).toMatchObject({ name: 'ConfigError', path: 'holdfast.totalTimeuot', value: 5 });
    expect(String(error)).toContain('did you mean "totalTimeout"?');
  }
  await agent.close();
});
