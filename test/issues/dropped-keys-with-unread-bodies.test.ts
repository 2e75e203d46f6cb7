import { resilientFetch } from 'holdfast/fetch';
import { expect, it } from 'vitest';

/** A key's pipeline stayed for ever, once it was dropped while a body was there that nobody would read: 5 KB for each such key. */
it('G17, X7: what nobody can read any more holds neither the pipelines of dropped keys nor a drain', async () => {
  const client = resilientFetch({
    maxKeys: 1,
    key: ({ url }) => url,
    fetch: (async () => new Response('body')) as typeof globalThis.fetch,
  });
  for (let i = 0; i < 300; i++) await client(`http://a.example/${i}`);
  const kept = await client('http://a.example/kept');
  // Before the drain, which waits for bodies that are not old, and so holds them.
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    (globalThis as unknown as { gc(): void }).gc();
  }
  const left = await client.drain(0);
  const one = { inFlight: 0, bodies: 1 };
  expect(left).toEqual({ ...one, byKey: { 'http://a.example/kept': one } });
  await kept.text();
  expect(await client.drain(0)).toEqual({ inFlight: 0, bodies: 0, byKey: {} });
});
