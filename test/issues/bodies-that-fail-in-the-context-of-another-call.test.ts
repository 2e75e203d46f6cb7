import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request as plainRequest } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const request = new AsyncLocalStorage<string>();
const NAMES = ['A', 'B', 'C'];

/** Answers a part of a body, and then hangs, or closes the connection. */
const server = createServer(({ url }, response) => {
  response.write('some');
  if (url === '/reset') setTimeout(() => response.destroy(), 30);
});
let origin = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** All readers that wait share a timer, and a socket's events run in the context of whoever opened it. */
describe('G14: bodies that fail', () => {
  const handle = (seen: string[]) => () => {
    seen.push(`handle in ${request.getStore()}`);
    return false;
  };
  const options = (seen: string[]) => ({
    idleTimeout: 800,
    policies: { circuitBreaker: { handle: handle(seen) }, retry: false as const },
  });

  async function forEach(read: () => Promise<unknown>): Promise<void> {
    await Promise.all(NAMES.map((name) => request.run(name, () => read().catch(() => {}))));
  }

  function expectOwn(seen: readonly string[], ids: readonly unknown[]): void {
    const failed = seen.filter((each) => each.startsWith('body_failure')).sort();
    expect(failed).toEqual(NAMES.map((name) => `body_failure in ${name}`));
    for (const name of NAMES) {
      // Once when it was answered, and once when its body failed.
      expect(seen.filter((each) => each === `handle in ${name}`)).toHaveLength(2);
    }
    expect(new Set(ids).size).toBe(NAMES.length);
    expect(ids).not.toContain(undefined);
  }

  describe.each(['/idle', '/reset'])('%s', (path) => {
    it.each<[string, (response: Response) => Promise<unknown>]>([
      ['text()', (response) => response.text()],
      [
        'a reader',
        async ({ body }) => {
          const reader = (body as ReadableStream).getReader();
          while (!(await reader.read()).done);
        },
      ],
      [
        'a loop',
        async ({ body }) => {
          for await (const _ of body as unknown as AsyncIterable<unknown>);
        },
      ],
    ])('G14: %s of a fetch', async (_, read) => {
      const seen: string[] = [];
      const ids: unknown[] = [];
      const send = resilientFetch(options(seen));
      send.on('body_failure', ({ callId }) => {
        seen.push(`body_failure in ${request.getStore()}`);
        ids.push(callId);
      });
      await forEach(async () => read(await send(origin + path)));
      expectOwn(seen, ids);
    });

    it('G14: of resilientRequest, and of an agent’s interceptor', async () => {
      for (const way of ['request', 'interceptor']) {
        const seen: string[] = [];
        const ids: unknown[] = [];
        const agent = new Agent();
        const heard = { ...options(seen), name: way };
        const intercept = resilience(heard);
        const dispatcher = agent.compose(intercept);
        const own = resilientRequest({ ...heard, request: plainRequest });
        const client = way === 'request' ? own : intercept;
        client.on('body_failure', ({ callId }) => {
          seen.push(`body_failure in ${request.getStore()}`);
          ids.push(callId);
        });
        await forEach(async () => {
          const { body } =
            way === 'request'
              ? await own(origin + path, { dispatcher: agent })
              : await plainRequest(origin + path, { dispatcher });
          await body.text();
        });
        expectOwn(seen, ids);
        await agent.destroy();
      }
    });
  });
});
