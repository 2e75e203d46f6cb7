import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { CircuitOpenError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';

/** Five failures in a row open it, and count at once: these tests take no second. */
const options = { policies: { circuitBreaker: { consecutiveFailures: 5, failingFor: 0 } } };

type Send = (path: string, init?: object) => Promise<unknown>;

const servers = new Servers();
const agent = new Agent();
const upstream = new EventEmitter();
let url = '';
beforeAll(async () => {
  const port = await servers.http((asked, response) => {
    asked.on('error', () => {});
    if (asked.url === '/reset') {
      asked.socket.resetAndDestroy();
      return;
    }
    asked.on('end', () => response.end('good')).resume();
    upstream.emit('asked');
  });
  url = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await agent.destroy();
  await servers.close();
});

const ways: [string, () => Send][] = [
  [
    'resilientFetch()',
    () => {
      const fetch = resilientFetch(options);
      return async (path, init) => (await fetch(`${url}${path}`, init)).text();
    },
  ],
  [
    'resilientRequest()',
    () => {
      const send = resilientRequest(options);
      return async (path, init) => {
        const { body } = await send(`${url}${path}`, { dispatcher: agent, ...init });
        return body.text();
      };
    },
  ],
  [
    'resilience()',
    () => {
      const dispatcher = agent.compose(resilience(options));
      return async (path, init) => {
        const { body } = await request(`${url}${path}`, { dispatcher, ...init });
        return body.text();
      };
    },
  ],
];

/** Five clients in a row that went away while their upload was passed on opened the breaker of a server that was well. */
describe.each(ways)('an upload that is passed on with %s', (_name, make) => {
  /** A service that passes uploads on, and what came of each. */
  const service = async (send: Send, path: string) => {
    const outcomes = new EventEmitter();
    const port = await servers.http((incoming: IncomingMessage, outgoing) => {
      send(path, { method: 'PUT', body: incoming, duplex: 'half' }).then(
        (text) => outcomes.emit('outcome', text),
        (error: unknown) => outcomes.emit('outcome', error),
      );
      outgoing.on('error', () => {});
    });
    return async (client: 'leaves' | 'stays'): Promise<unknown> => {
      const outcome = once(outcomes, 'outcome');
      const asked = once(upstream, 'asked');
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
      if (client === 'leaves') {
        await Promise.race([asked, outcome]);
        socket.destroy();
      }
      const [what] = await outcome;
      socket.destroy();
      return what;
    };
  };

  it('X2: is no failure of the server when the client goes away', async () => {
    const send = make();
    const upload = await service(send, '/');
    for (let i = 0; i < 6; i++) {
      const error = (await upload('leaves')) as Error;
      expect(error.cause ?? error).toMatchObject({ code: 'ECONNRESET', message: 'aborted' });
    }
    expect(await send('/')).toBe('good');
  });

  it('X2: is one when the server goes away', async () => {
    const upload = await service(make(), '/reset');
    for (let i = 0; i < 5; i++) expect(await upload('stays')).not.toBeInstanceOf(CircuitOpenError);
    expect(await upload('stays')).toBeInstanceOf(CircuitOpenError);
  });
});
