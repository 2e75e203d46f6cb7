import { ContractError } from 'holdfast';
import { type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { describe, expect, it } from 'vitest';
import { double } from '../fetch/support/double.js';

/**
 * An asynchronous `idempotent` had every POST sent twice, whatever it answered; an asynchronous `key` gave every call policies
 * of its own.
 */
describe('a function among the options that answers a promise', () => {
  it.each([
    ['idempotent', async (): Promise<unknown> => false, 0],
    ['key', async (): Promise<unknown> => 'tenant', 0],
    ['classify', async (): Promise<unknown> => false, 1],
    ['retryAfter', async (): Promise<unknown> => 5, 1],
  ] as const)('X1: is refused: %s', async (option, answer, requests) => {
    const fetch = double(503, 200);
    const options = { fetch, [option]: answer, policies: { retry: { initialDelay: 0 } } };
    const send = resilientFetch(options as unknown as ResilientFetchOptions);
    const call = send('http://a.example/', { method: 'POST' });
    await expect(call).rejects.toThrow(ContractError);
    await expect(call).rejects.toThrow(`${option}: must answer`);
    expect(fetch.calls).toHaveLength(requests);
  });

  it.each(['yes', 1, {}])('X3: a POST is not sent twice on the word %j', async (answer) => {
    const fetch = double(503, 200);
    const options = { fetch, idempotent: () => answer } as unknown as ResilientFetchOptions;
    const call = resilientFetch(options)('http://a.example/', { method: 'POST' });
    await expect(call).rejects.toThrow(/idempotent: must answer true, false or undefined/);
    expect(fetch.calls).toHaveLength(0);
  });

  it('X1: nothing leaves it to the rules', async () => {
    const nothing = () => undefined as never;
    const fetch = double(200);
    const send = resilientFetch({
      fetch: fetch as unknown as typeof globalThis.fetch,
      key: nothing,
      idempotent: nothing,
      classify: nothing,
      retryAfter: nothing,
    });
    expect((await send('http://a.example/x')).status).toBe(200);
    expect(Object.keys(send.snapshot())).toEqual(['http://a.example']);
  });
});
