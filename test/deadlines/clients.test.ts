import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { runWithin, systemClock } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { defineService } from 'holdfast/services';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request as plainRequest } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const LEFT = 'x-time-left-ms';
const headers = { deadline: LEFT };

/** Every client, as a function that asks a URL and reads the answer. */
const clients: Record<string, (url: string) => Promise<unknown>> = {
  'a fetch': async (url) => (await resilientFetch({ headers })(url)).text(),
  'read of a fetch': (url) =>
    resilientFetch({ headers }).read(url, undefined, (answer) => answer.text()),
  'a service': (url) =>
    defineService('stock', {
      baseUrl: url,
      registry: false,
      headers,
      operations: { get: { method: 'GET', path: '/', response: z.unknown() } },
    }).get(),
  'a request of undici': async (url) => (await resilientRequest({ headers })(url)).body.text(),
  'an interceptor of undici': async (url) => {
    const agent = new Agent().compose(resilience({ headers }));
    cleanUps.push(() => agent.destroy());
    return (await plainRequest(url, { dispatcher: agent })).body.text();
  },
};

describe.each(Object.entries(clients))('%s', (_name, ask) => {
  it('D8: tells the server what is left, and gives up at the deadline', async () => {
    const told: number[] = [];
    const url = await serve((request) => told.push(Number(request.headers[LEFT])));
    const error = await runWithin({ timeout: 1_000 }, () => ask(url).catch((thrown) => thrown));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', policy: 'inherited_deadline' });
    expect(told).toHaveLength(1);
    expect(told[0]).toBeLessThanOrEqual(1_000);
    const late = await runWithin(systemClock.now() - 1, () => ask(url).catch((thrown) => thrown));
    expect(late).toMatchObject({ code: 'ERR_TIMEOUT', policy: 'inherited_deadline', timeoutMs: 0 });
    expect(told).toHaveLength(1);
  });

  it('D8: and waits no longer for a body', async () => {
    const url = await serve((_, response) => response.write('[1, '));
    const error = await runWithin({ timeout: 300 }, () => ask(url).catch((thrown) => thrown));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', policy: 'inherited_deadline' });
  });
});

describe('uploads', () => {
  it('D8, X1: the time of an attempt starts when its body has been sent, within a deadline too', async () => {
    const url = await serve(async (request, response) => {
      for await (const _ of request);
      response.end('done');
    });
    const fetch = resilientFetch({ policies: { attemptTimeout: 1_000, retry: false } });
    cleanUps.push(() => fetch.dispose());
    const body = () =>
      new ReadableStream({
        async start(controller) {
          for (let i = 0; i < 16; i++) {
            controller.enqueue(new Uint8Array(1_000));
            await sleep(100);
          }
          controller.close();
        },
      });
    const answer = await runWithin({ timeout: '1m' }, () => fetch(url, { method: 'POST', body }));
    expect(await answer.text()).toBe('done');
  });
});
