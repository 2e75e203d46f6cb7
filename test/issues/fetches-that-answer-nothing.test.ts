import { resilientFetch } from 'holdfast/fetch';
import { resilientRequest } from 'holdfast/undici';
import { expect, it } from 'vitest';

/** A double that answers nothing made holdfast fail in its own code, with an error about a property `body`. */
it.each([undefined, null, 5, {}])(
  'X1: what fetch answers is answered, be it %j',
  async (answer) => {
    const fetch = resilientFetch({
      fetch: (async () => answer) as unknown as typeof globalThis.fetch,
    });
    expect(await fetch('http://a.example/')).toBe(answer);
    const request = resilientRequest({ request: (async () => answer) as never });
    expect(await request('http://a.example/')).toBe(answer);
  },
);

/** The error spoke of resilientFetch, and of an option that there is none. */
it('X1: a relative URL is refused in the words of what was called', async () => {
  const request = resilientRequest()('/stock/42');
  await expect(request).rejects.toThrow(
    /^resilientRequest: "\/stock\/42" is relative and there is nothing it could be relative to$/,
  );
});
