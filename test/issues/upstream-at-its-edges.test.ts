import { flakyUpstream } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** A host timer of more than 24.8 days fires at once: `latency: '1000h'`, meant as never, was answered at once. */
it('flakyUpstream: a latency beyond what a timer takes is no latency of nothing', async () => {
  await using upstream = await flakyUpstream();
  upstream.script('/slow', [{ status: 200, latency: '1000h' }]);
  const leave = new AbortController();
  const slow = fetch(`${upstream.url}/slow`, { signal: leave.signal });
  await upstream.received(1);
  for (let i = 0; i < 20; i++) await (await fetch(`${upstream.url}/quick`)).text();
  expect(upstream.stats()).toMatchObject({ inFlight: 1, outcomes: { answered: 20 } });
  leave.abort(new Error('enough'));
  await expect(slow).rejects.toThrow('enough');
});

/** Node refused them where the request was answered: an uncaught exception in the middle of a test. */
it.each([
  [{ 'x y': '1' }, /flakyUpstream\.headers/],
  [{ x: 'a\nb' }, /flakyUpstream\.headers\.x: must be a string that a header can have/],
  [{ x: '“quoted”' }, /flakyUpstream\.headers\.x/],
])(
  'flakyUpstream: headers that cannot be sent (%j) are a ConfigError',
  async (headers, message) => {
    await expect(flakyUpstream({ headers: headers as Record<string, string> })).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(message) as string,
      }),
    );
  },
);

it('flakyUpstream: headers that can be sent are', async () => {
  await using upstream = await flakyUpstream({ headers: { 'X-Unsent': 'café\t;' } });
  const response = await fetch(upstream.url);
  expect(response.headers.get('x-unsent')).toBe('café\t;');
});

/** Waiting for a request that can no longer come hung the test instead of failing it. */
it('flakyUpstream: waiting on one that is closed rejects', async () => {
  const upstream = await flakyUpstream();
  await upstream.close();
  await expect(upstream.received(1)).rejects.toThrow('the flaky upstream was closed');
  await expect(upstream.idle()).resolves.toBeUndefined();
});
