import { TimeoutError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { implementations } from '../fetch/support/implementations.js';
import { Servers } from '../fetch/support/servers.js';

describe.each(implementations)('$name', ({ fetch, connections }) => {
  const servers = new Servers();
  const agent = connections(10);
  let url = '';
  beforeAll(async () => {
    const port = await servers.http((_, response) => {
      response.writeHead(200, { 'content-length': 6 }).write('abc');
    });
    url = `http://127.0.0.1:${port}/`;
  });
  afterAll(async () => {
    await agent.close();
    await servers.close();
  });

  const call = async () => {
    const clock = new VirtualClock();
    const send = resilientFetch({ fetch, clock, idleTimeout: false, bodyTimeout: '5s' });
    return { clock, response: await send(url, agent.init as RequestInit) };
  };

  /** undici 6 has an error of its own for them. */
  it('X7: a clone read after the deadline fails with the TimeoutError', async () => {
    const { clock, response } = await call();
    const clone = response.clone();
    const second = clone.clone();
    await clock.advance(5_000);
    for (const each of [clone, second, response]) {
      await expect(each.text()).rejects.toThrow(TimeoutError);
    }
  });

  it('X7: a clone is a Response as its original is', async () => {
    const { clock, response } = await call();
    const clone = response.clone();
    expect(clone.constructor).toBe(response.constructor);
    expect([clone.status, clone.url, clone.headers.get('content-length')]).toEqual([200, url, '6']);
    await clock.advance(5_000);
  });

  /** A second read, which cannot be, was taken for the end of the first. */
  it('X7: a second read does not end the guard of the first', async () => {
    for (const start of ['a reader', 'text()']) {
      const { clock, response } = await call();
      let first: Promise<unknown>;
      if (start === 'text()') {
        first = response.text();
      } else {
        const reader = (response.body as ReadableStream).getReader();
        first = reader.read().then(() => reader.read());
      }
      first.catch(() => {});
      await expect(response.json()).rejects.toThrow(TypeError);
      expect(clock.pending).toBe(1);
      await clock.advance(5_000);
      await expect(first).rejects.toThrow(TimeoutError);
    }
  });
});
