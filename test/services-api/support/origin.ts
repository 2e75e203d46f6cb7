import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach } from 'vitest';

/** A request as the server got it. */
export interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server on loopback, whose answers a test sets. */
export interface Origin {
  readonly url: string;
  /** The requests since the test began. */
  readonly got: Got[];
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<object>;
  /** How the next requests are answered. */
  answer: (response: ServerResponse, request: Got) => unknown;
  /** Answers JSON. */
  json(value: unknown, status?: number, headers?: Record<string, string>): void;
  /** Answers these bytes. */
  raw(body: string | Uint8Array, headers?: Record<string, string>, status?: number): void;
}

/** A real server for the tests of a file. */
export function origin(): Origin {
  const sockets = new Set<object>();
  const answer: Origin['answer'] = (response) => response.end();
  const state = {
    url: '',
    got: [] as Got[],
    sockets,
    answer,
    json(value: unknown, status = 200, headers = {}) {
      state.raw(JSON.stringify(value), { 'content-type': 'application/json', ...headers }, status);
    },
    raw(body: string | Uint8Array, headers: Record<string, string> = {}, status = 200) {
      state.answer = (response) => response.writeHead(status, headers).end(body);
    },
  };
  const listener: RequestListener = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    const got = { method, url, headers, body };
    state.got.push(got);
    await state.answer(response, got);
  };
  const server = createServer((request, response) => {
    (listener(request, response) as unknown as Promise<void>).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    state.got.length = 0;
    state.answer = answer;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return state;
}
