import { TimeoutError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { implementations } from '../fetch/support/implementations.js';
import { Servers } from '../fetch/support/servers.js';

/**
 * undici 6 cancels the Response's half of a body that was cloned when its signal aborts. When the other half was cancelled as well, what came of
 * it ended the process.
 */
describe.each(implementations)('$name', ({ fetch, connections }) => {
  const servers = new Servers();
  const agent = connections(10);
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  let url = '';
  beforeAll(async () => {
    const port = await servers.http((_, response) => {
      response.writeHead(200).write('abc');
    });
    url = `http://127.0.0.1:${port}/`;
  });
  afterAll(async () => {
    await agent.close();
    await servers.close();
  });
  beforeEach(() => {
    process.on('unhandledRejection', note);
  });
  afterEach(() => {
    process.off('unhandledRejection', note);
  });

  const ways: [string, (response: Response) => Promise<unknown>][] = [
    ['text() of a clone', (response) => response.clone().text()],
    ['the stream of a clone', (response) => all(response.clone().body)],
    ['the stream of a clone of a clone', (response) => all(response.clone().clone().body)],
    [
      'text() of what was cloned',
      (response) => {
        response.clone();
        return response.text();
      },
    ],
    [
      'text() of a clone when both streams were asked for',
      (response) => {
        const clone = response.clone();
        expect([response.body, clone.body]).not.toContain(null);
        return clone.text();
      },
    ],
    ['a half of a split stream', (response) => all(response.body?.tee()[1] ?? null)],
  ];
  it.each(ways)('X7: %s: an idle timeout or an abort throws nowhere else', async (_, read) => {
    const abort = new AbortController();
    const mine = new Error('mine');
    const send = resilientFetch({ fetch, idleTimeout: 30 });
    const stalled = await send(url, agent.init as RequestInit);
    await expect(read(stalled)).rejects.toThrow(TimeoutError);
    const given = await send(url, { ...(agent.init as RequestInit), signal: abort.signal });
    const reading = read(given);
    setTimeout(() => abort.abort(mine), 10);
    await expect(reading).rejects.toBe(mine);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).toEqual([]);
  });
});

async function all(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let bytes = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
  return bytes;
}
