import { resilientFetch } from 'holdfast/fetch';
import { type FlakyUpstream, flakyUpstream } from 'holdfast/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NextFetch } from '../../fetch/support/next-fetch.js';

/** What docs/recipes/nextjs.md says, with a double of what Next.js does to fetch. */
describe('Next.js', () => {
  let upstream: FlakyUpstream;
  beforeEach(async () => {
    upstream = await flakyUpstream();
  });
  afterEach(() => upstream.close());

  const policies = { retry: { initialDelay: 1 } };
  const keep = { next: { revalidate: 60, tags: ['offers'] } };
  const texts = (responses: Promise<Response>[]) =>
    Promise.all(responses.map(async (response) => (await response).text()));

  it('X1: under Next’s fetch, a failure is sent again and the memo answers the rest of the page', async () => {
    const next = new NextFetch();
    const fetch = next.patch(resilientFetch({ fetch: globalThis.fetch, policies }));
    const url = `${upstream.url}/user`;
    upstream.script('/user', [503, 'reset', 200]);
    const page = () => texts([fetch(url), fetch(url)]);
    expect(await next.render(page)).toEqual(['{"ok":true}', '{"ok":true}']);
    expect(upstream.stats().requests).toBe(3);
    await next.render(page);
    expect(upstream.stats().requests).toBe(4);
  });

  it('X1: under Next’s fetch, the data cache keeps the answer after the retries', async () => {
    const next = new NextFetch();
    const fetch = next.patch(resilientFetch({ fetch: globalThis.fetch, policies }));
    upstream.script('/offers', [503, 200]);
    for (const _ of [1, 2]) await texts([fetch(`${upstream.url}/offers`, keep)]);
    expect(upstream.stats().requests).toBe(2);
  });

  it('X1: above Next’s fetch, the data cache and its tags work and the memo does not; React’s cache brings it back', async () => {
    const next = new NextFetch();
    const fetch = resilientFetch({ fetch: next.patch(globalThis.fetch), policies });
    upstream.script('/offers', [503, 200]);
    for (const _ of [1, 2]) await texts([fetch(`${upstream.url}/offers`, keep)]);
    expect(upstream.stats().requests).toBe(2);
    expect(next.tags).toEqual([['offers'], ['offers'], ['offers']]); // each attempt asks the cache

    const user = (path: string) => fetch(upstream.url + path).then((response) => response.text());
    await next.render(() => Promise.all([user('/user'), user('/user')]));
    expect(upstream.stats().requests).toBe(4);
    const cached = next.cache(user);
    await next.render(() => Promise.all([cached('/user'), cached('/user')]));
    expect(upstream.stats().requests).toBe(5);
  });
});
