import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Servers } from '../fetch/support/servers.js';

const servers = new Servers();
let url = '';
let asked = 0;
beforeAll(async () => {
  const port = await servers.http((request, response) => {
    asked++;
    request.on('error', () => {});
    request.on('end', () => response.end('good')).resume();
  });
  url = `http://127.0.0.1:${port}/`;
});
afterAll(() => servers.close());
beforeEach(() => {
  asked = 0;
});

type Options = { readonly beforeAttempt?: () => Promise<void> };
type Client = [
  send: (body: unknown, signal?: AbortSignal) => Promise<unknown>,
  state: () => Record<string, { policies: Record<string, unknown> }>,
];

const clients: [string, (options?: Options) => Promise<Client>][] = [
  [
    'resilientFetch()',
    async (options) => {
      const { resilientFetch } = await import('../../src/fetch/index.js');
      const fetch = resilientFetch(options);
      const send = (body: unknown, signal?: AbortSignal) =>
        fetch(url, { method: 'POST', body: body as never, duplex: 'half', signal } as RequestInit);
      return [send, () => fetch.snapshot() as never];
    },
  ],
  [
    'resilientRequest()',
    async (options) => {
      const { resilientRequest } = await import('../../src/undici/index.js');
      const request = resilientRequest(options);
      const send = (body: unknown, signal?: AbortSignal) =>
        request(url, { method: 'POST', body: body as Readable, signal } as never);
      return [send, () => request.snapshot() as never];
    },
  ],
];

const own = new Error('disk gone');
const stream = () => new Readable({ read() {} });

/** The error of the call, or that beneath. */
async function reasonOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => expect.unreachable(),
    (reason: unknown) => reason as Error,
  );
  return error.cause ?? error;
}

describe.each(clients)('a body of %s that fails before it is sent', (_name, make) => {
  const blameless = (state: Awaited<ReturnType<typeof make>>[1]) => {
    const [upstream] = Object.values(state());
    expect(upstream?.policies['circuit_breaker']).toMatchObject({ window: { failures: 0 } });
    expect(asked).toBe(0);
  };

  it('X2: while the clock of uploads is loaded: the call ends with the error of the body', async () => {
    // A fresh copy has not loaded it yet.
    vi.resetModules();
    const [send, state] = await make();
    const body = stream();
    const call = send(body);
    body.destroy(own);
    expect(await reasonOf(call)).toMatchObject({ message: 'disk gone' });
    blameless(state);
  });

  it('X2: while the attempt is prepared: the upstream is not blamed', async () => {
    const body = stream().on('error', () => {});
    const beforeAttempt = async () => void body.destroy(own);
    const [send, state] = await make({ beforeAttempt });
    expect(await reasonOf(send(body))).toMatchObject({ message: 'disk gone' });
    blameless(state);
  });

  it('X2: by being destroyed without an error', async () => {
    const body = stream();
    const [send, state] = await make({ beforeAttempt: async () => void body.destroy() });
    const { message } = (await reasonOf(send(body))) as Error;
    // The former is undici's own word.
    expect(['Request aborted', 'the body failed before it was sent']).toContain(message);
    blameless(state);
  });

  it('X2: a call that is aborted while the clock of uploads is loaded sends nothing', async () => {
    vi.resetModules();
    const [send] = await make();
    const controller = new AbortController();
    const call = send(stream(), controller.signal);
    controller.abort(own);
    await expect(call).rejects.toBe(own);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(0);
  });
});
