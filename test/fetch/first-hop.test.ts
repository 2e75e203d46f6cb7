import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendFirstHop, sendUnseen } from '../../src/fetch/call/first-hop.js';
import { neverSent } from '../../src/fetch/retry/never-sent.js';
import { Servers } from './support/servers.js';

interface Came {
  readonly at: string;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** As Bun's errors are: they name the URL that fetch was called with. */
const refusedBy = (path: string): Error =>
  Object.assign(new Error('Unable to connect'), { code: 'ECONNREFUSED', path });

describe('the first redirect, followed by hand', () => {
  const servers = new Servers();
  const came: Came[] = [];
  let here = '';
  let there = '';
  let discarded = 0;

  beforeAll(async () => {
    const listen = async (at: string): Promise<string> => {
      const port = await servers.http((request: IncomingMessage, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const { method, url, headers } = request;
          const { host: _, connection: __, ...sent } = headers;
          came.push({ at, method, url, headers: sent, body: Buffer.concat(chunks).toString() });
          const [, status, to] = /^\/(\d{3})\?to=(.*)$/.exec(url ?? '') ?? [];
          if (status === undefined) return void response.end('body');
          const location = to === '' ? {} : { location: decodeURIComponent(to ?? '') };
          response.writeHead(Number(status), location).end('elsewhere');
        });
      });
      return `http://127.0.0.1:${port}`;
    };
    [here, there] = [await listen('here'), await listen('there')];
  });
  afterAll(() => servers.close());

  const headers = {
    'content-type': 'text/plain',
    authorization: 'secret',
    cookie: 'a=b',
    'x-own': 'kept',
  };
  const byHand = (url: string, method: string, init: Record<string, unknown>) =>
    sendFirstHop(url, method, init, {
      send: (target, each) => fetch(target, each as RequestInit),
      discard: (response) => {
        discarded++;
        return (response as Response).text();
      },
    }) as Promise<Response>;

  const told = async (response: Response, from: number) => ({
    status: response.status,
    url: response.url,
    redirected: response.redirected,
    text: await response.text(),
    came: came.slice(from),
  });

  const cases = [301, 302, 303, 307, 308].flatMap((status) =>
    ['POST', 'PATCH', 'DELETE'].flatMap((method) => [
      [status, method, 'there'] as const,
      [status, method, 'here'] as const,
    ]),
  );

  it.each(cases)('X3: is as fetch follows it: %i after %s, %s', async (status, method, where) => {
    const to = where === 'here' ? '/target?a=b' : `${there}/target?a=b`;
    const url = `${here}/${status}?to=${encodeURIComponent(to)}`;
    const init = { method, headers, ...(method === 'DELETE' ? {} : { body: 'an order' }) };
    const began = came.length;
    const plain = await told(await fetch(url, init), began);
    const from = came.length;
    expect(await told(await byHand(url, method, init), from)).toEqual(plain);
  });

  it('X3: of several redirects the others are fetch’s', async () => {
    const second = `${there}/302?to=${encodeURIComponent(`${here}/target`)}`;
    const url = `${here}/303?to=${encodeURIComponent(second)}`;
    const response = await byHand(url, 'POST', { method: 'POST', body: 'an order' });
    expect(response.url).toBe(`${here}/target`);
    expect(await response.text()).toBe('body');
  });

  it('X3: a response that is no redirect, or says not where, is the answer itself', async () => {
    const before = discarded;
    const init = { method: 'POST', body: 'an order' };
    expect((await byHand(`${here}/orders`, 'POST', init)).redirected).toBe(false);
    const nowhere = await byHand(`${here}/302?to=`, 'POST', init);
    expect(await nowhere.text()).toBe('elsewhere');
    expect(discarded).toBe(before);
  });

  it('X3: what failed is known, although the error names the first URL in either case', async () => {
    const url = `${here}/303?to=${encodeURIComponent('/303?to=')}`;
    const failing = async (hop: number): Promise<unknown> => {
      let sent = 0;
      const send = async (target: string, init: object): Promise<unknown> => {
        if (++sent === hop) throw refusedBy(url);
        return fetch(target, init);
      };
      const hops = { send, discard: () => {} };
      return sendFirstHop(url, 'POST', { method: 'POST', body: 'a' }, hops).catch(
        (error: unknown) => error,
      );
    };
    expect(neverSent(await failing(1), url, 'POST')).toBe(true);
    const later = await failing(2);
    expect(later).toMatchObject({ code: 'ECONNREFUSED' });
    expect(neverSent(later, url, 'POST')).toBe(false);
  });

  it('X3: of what was sent otherwise nothing is known', async () => {
    expect(await sendUnseen(Promise.resolve(1))).toBe(1);
    const error = refusedBy(`${here}/orders`);
    await expect(sendUnseen(Promise.reject(error))).rejects.toBe(error);
    expect(neverSent(error, `${here}/orders`, 'POST')).toBe(false);
  });
});
