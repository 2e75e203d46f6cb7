import { resilientFetch } from 'holdfast/fetch';
import { expect, it } from 'vitest';
import type { GlobalFetch } from '../fetch/support/breaker-ways.js';

const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;

/** A timer that is too long for the host is waited for in legs, and those kept the process alive although nobody read the body. */
it('G8: a body that may take two months keeps no process alive while nobody reads it', async () => {
  const body = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
    });
  const fetch = resilientFetch({
    fetch: (() => Promise.resolve(new Response(body()))) as GlobalFetch,
    policies: { totalTimeout: false, attemptTimeout: false },
    idleTimeout: false,
    bodyTimeout: 2 ** 32,
  });
  const before = timers();
  const response = await fetch('http://a.example/');
  expect(timers()).toBe(before);
  await response.body?.cancel();
});
