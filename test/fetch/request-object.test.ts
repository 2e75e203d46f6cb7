import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  assertUsable,
  hasBody,
  releaseRequest,
  requestForAttempt,
} from '../../src/fetch/request/request-object.js';
import type { RequestLike } from '../../src/fetch/types.js';
import { isRequestLike } from '../../src/fetch/types.js';
import { implementations } from './support/implementations.js';
import { Servers } from './support/servers.js';

describe.each(implementations)('$name', ({ fetch, Request, FormData }) => {
  const servers = new Servers();
  const received: string[] = [];
  let url = '';

  beforeAll(async () => {
    // Every other request is reset once its body is there.
    const port = await servers.http(async (request, response) => {
      received.push(Buffer.concat(await request.toArray()).toString());
      if (received.length % 2 === 1) request.socket.resetAndDestroy();
      else response.end();
    });
    url = `http://127.0.0.1:${port}/`;
  });
  afterAll(() => servers.close());

  const form = (): FormData => {
    const made = new FormData();
    made.append('a', 'abc');
    return made;
  };
  const bodies: [string, () => unknown][] = [
    ['a string', () => 'abc'],
    ['a buffer', () => Buffer.from('abc')],
    ['a form', form],
    ['a stream', () => new Blob(['abc']).stream()],
  ];

  it.each(bodies)('X4: a Request with %s is sent whole on every attempt', async (_, body) => {
    received.length = 0;
    const init = { method: 'PUT', body: body(), duplex: 'half' } as RequestInit;
    const request = new Request(url, init);
    expect(isRequestLike(request)).toBe(true);
    expect(hasBody(request)).toBe(true);
    await expect(fetch(requestForAttempt(request, false))).rejects.toThrow('fetch failed');
    const response = await fetch(requestForAttempt(request, true));
    expect(response.status).toBe(200);
    expect(received).toHaveLength(2);
    expect(received[0]).toContain('abc');
    expect(received[1]).toBe(received[0]);
  });

  it('X4: one without a body needs no clone', async () => {
    expect(hasBody(new Request(url, { method: 'PUT' }))).toBe(false);
    const request = new Request(url);
    expect(hasBody(request)).toBe(false);
    expect(requestForAttempt(request, false)).toBe(request);
    received.length = 1;
    await fetch(requestForAttempt(request, false));
    received.length = 1;
    await fetch(requestForAttempt(request, false));
  });

  it('X4: one that has been used is refused clearly, before anything is sent', async () => {
    const request = new Request(url, { method: 'PUT', body: 'abc' });
    await request.text();
    received.length = 0;
    for (const last of [true, false]) {
      expect(() => requestForAttempt(request, last)).toThrow(TypeError);
      expect(() => requestForAttempt(request, last)).toThrow(/already been read or sent.*Clone/);
    }
    expect(() => assertUsable(request)).toThrow(TypeError);
    expect(received).toEqual([]);
  });

  it('X4: once the call is over it counts as used, as after fetch', async () => {
    received.length = 1;
    const request = new Request(url, { method: 'PUT', body: 'abc' });
    await fetch(requestForAttempt(request, false));
    expect(request.bodyUsed).toBe(false);
    releaseRequest(request);
    expect(request.bodyUsed).toBe(true);
    releaseRequest(request);
    releaseRequest(new Request(url));
  });

  it('X4: one whose body somebody reads is left to them', async () => {
    const request = new Request(url, { method: 'PUT', body: 'abc' });
    const reader = request.body?.getReader();
    releaseRequest(request);
    expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toBe('abc');
  });
});

describe('isRequestLike', () => {
  it.each([
    undefined,
    null,
    'http://a/',
    new URL('http://a/'),
    {},
    { url: 'http://a/', method: 'GET' },
    { url: 'http://a/', clone() {} },
    { method: 'GET', clone() {} },
    7,
  ])('X4: %o is none', (input) => {
    expect(isRequestLike(input)).toBe(false);
  });
});

it('X4: where the body is not shown, any method that may have one is taken to have one', () => {
  const request = (method: string): RequestLike => ({
    url: 'http://a/',
    method,
    headers: new Headers(),
    clone: () => request(method),
  });
  expect(hasBody(request('GET'))).toBe(false);
  expect(hasBody(request('HEAD'))).toBe(false);
  expect(hasBody(request('POST'))).toBe(true);
  releaseRequest(request('POST'));
});
