import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, fetch, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { eager } from './support/clients.js';

describe('over HTTP/2', () => {
  const servers = new Servers();
  const agent = new Agent({
    allowH2: true,
    connections: 1,
    connect: { rejectUnauthorized: false },
  });
  const composed = agent.compose(resilience({ policies: eager }));
  let url = '';
  let streams = 0;
  const bodies: number[] = [];

  beforeAll(async () => {
    const port = await servers.http2((server) => {
      server.on('stream', (stream, headers) => {
        stream.on('error', () => {});
        let bytes = 0;
        stream.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        stream.on('end', () => {
          bodies.push(bytes);
          streams++;
          if (headers[':path'] === '/good' || streams % 3 === 0) {
            stream.respond({ ':status': 200 });
            stream.end('good');
          } else {
            stream.respond({ ':status': 503, 'content-length': 60_000 });
            stream.end(Buffer.alloc(60_000, 'x'));
          }
        });
      });
    });
    url = `https://localhost:${port}`;
  });
  afterAll(async () => {
    await agent.destroy();
    await servers.close();
  });

  const ways: [string, (init: object) => Promise<string>][] = [
    [
      'resilientFetch',
      async (init) => {
        const send = resilientFetch({ fetch, policies: eager });
        const answer = await send(`${url}/`, { dispatcher: agent, ...init });
        return `${answer.status} ${await answer.text()}`;
      },
    ],
    [
      'resilientRequest',
      async (init) => {
        const send = resilientRequest({ request, policies: eager });
        const answer = await send(`${url}/`, { dispatcher: agent, ...init });
        return `${answer.statusCode} ${await answer.body.text()}`;
      },
    ],
    [
      'resilience()',
      async (init) => {
        const answer = await request(`${url}/`, { dispatcher: composed, ...init } as object);
        return `${answer.statusCode} ${await answer.body.text()}`;
      },
    ],
  ];

  it.each(ways)('X5: %s discards, retries and reads on one session', async (_way, send) => {
    for (let call = 0; call < 20; call++) {
      streams = 0;
      expect(await send({})).toBe('200 good');
      expect(streams).toBe(3);
    }
  });

  it.each(ways)('X4: %s sends a body whole on every attempt', async (_way, send) => {
    streams = 0;
    bodies.length = 0;
    expect(await send({ method: 'PUT', body: 'x'.repeat(50_000) })).toBe('200 good');
    expect(bodies).toEqual([50_000, 50_000, 50_000]);
  });
});
