import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Priority } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { expect, it } from 'vitest';

/** Answers one request after the other, each after some milliseconds, and says in which order they came. */
async function slowServer() {
  const order: string[] = [];
  let last = Promise.resolve();
  const server = createServer((request, response) => {
    order.push(request.url ?? '');
    last = last.then(() => new Promise((resolve) => setTimeout(resolve, 5)));
    void last.then(() => response.end('done'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    order,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it('K2, K3: over real sockets, the important requests are sent first, and the least important get their share', async () => {
  await using server = await slowServer();
  const fetch = resilientFetch({
    // What the request is for says how important it is.
    priority: ({ url }) => (url.includes('/checkout/') ? 'high' : undefined),
    policies: {
      adaptiveLimiter: { maxLimit: 2, maxQueued: 500, maxWait: '1m' },
      totalTimeout: '5m',
    },
    telemetry: false,
  });
  const get = async (path: string, priority?: Priority): Promise<string> => {
    const overrides = priority === undefined ? {} : { holdfast: { priority } };
    return (await fetch(`${server.url}${path}`, overrides)).text();
  };
  const blockers = [get('/blocker/1'), get('/blocker/2')];
  const all = [
    ...Array.from({ length: 40 }, (_, i) => get(`/report/${i}`, 'lowest')),
    ...Array.from({ length: 40 }, (_, i) => get(`/page/${i}`)),
    ...Array.from({ length: 40 }, (_, i) => get(`/checkout/${i}`)),
  ];
  const texts = await Promise.all([...blockers, ...all]);
  expect(texts.every((each) => each === 'done')).toBe(true);
  const sent = server.order.slice(2);
  const countIn = (kind: string, from: number, to: number) =>
    sent.slice(from, to).filter((each) => each.startsWith(`/${kind}/`)).length;
  expect(sent).toHaveLength(120);
  // Of the first 40, nearly all are checkouts. The others get their shares: a sixteenth and a thirty-second.
  expect(countIn('checkout', 0, 40)).toBeGreaterThanOrEqual(36);
  expect(countIn('page', 0, 40)).toBeGreaterThanOrEqual(1);
  expect(countIn('report', 0, 40)).toBeGreaterThanOrEqual(1);
  expect(countIn('report', 0, 80)).toBeLessThanOrEqual(4);
  fetch.dispose();
}, 180_000);
