import { Readable } from 'node:stream';
import { type BeforeAttempt, type Classify, resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';

const servers: Servers[] = [];
const agents: Agent[] = [];
afterEach(async () => {
  await Promise.all(agents.splice(0).map((each) => each.destroy()));
  await Promise.all(servers.splice(0).map((each) => each.close()));
});

/** An API that takes the second token only. */
async function api() {
  const own = new Servers();
  servers.push(own);
  const taken: string[] = [];
  let requests = 0;
  const port = await own.http(async (incoming, response) => {
    requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (incoming.headers.authorization !== 'Bearer 2') response.statusCode = 401;
    else taken.push(Buffer.concat(chunks).toString());
    response.end();
  });
  return { url: `http://127.0.0.1:${port}/orders`, taken, requests: () => requests };
}

const statusOf = (value: unknown): unknown => {
  const { status, statusCode } = value as { status?: number; statusCode?: number };
  return status ?? statusCode;
};

function bearer() {
  let logins = 0;
  let token: Promise<string> | undefined;
  const sentWith = new WeakMap<object, unknown>();
  const classify: Classify = (outcome) =>
    outcome.kind === 'success' && statusOf(outcome.value) === 401 ? 'retry' : undefined;
  const beforeAttempt: BeforeAttempt = async ({ headers, previous, request: of }) => {
    const refused = previous?.kind === 'success' && statusOf(previous.value) === 401;
    if (refused && token === sentWith.get(of)) token = undefined;
    token ??= Promise.resolve(String(++logins));
    sentWith.set(of, token);
    headers.set('authorization', `Bearer ${await token}`);
  };
  return { options: { classify, beforeAttempt } as never, logins: () => logins };
}

const ways = {
  'resilientFetch()': (options: never) => {
    const send = resilientFetch(options);
    return {
      send: async (url: string, init: object) => (await send(url, init)).status,
      snapshot: send.snapshot,
    };
  },
  'resilientRequest()': (options: never) => {
    const dispatcher = new Agent();
    agents.push(dispatcher);
    const send = resilientRequest(options);
    return {
      send: async (url: string, init: object) => {
        const { statusCode, body } = await send(url, { dispatcher, ...init });
        await body.dump();
        return statusCode;
      },
      snapshot: send.snapshot,
    };
  },
  'resilience()': (options: never) => {
    const agent = new Agent();
    agents.push(agent);
    const interceptor = resilience(options);
    const dispatcher = agent.compose(interceptor);
    return {
      send: async (url: string, init: object) => {
        const { statusCode, body } = await request(url, { dispatcher, ...init });
        await body.dump();
        return statusCode;
      },
      snapshot: interceptor.snapshot,
    };
  },
};

/** There was no place for a token that changes between two attempts, and no way to say that a 401 was not processed. */
describe.each(Object.entries(ways))('%s', (_, make) => {
  it('X3, X10: POSTs that get a 401 are sent again with one new token for all', async () => {
    const { url, taken, requests } = await api();
    const { options, logins } = bearer();
    const { send, snapshot } = make(options);
    const calls = Array.from({ length: 10 }, (__, i) =>
      send(url, { method: 'POST', body: `${i}` }),
    );
    expect(await Promise.all(calls)).toEqual(Array(10).fill(200));
    expect(taken.sort()).toEqual([...'0123456789']);
    expect([requests(), logins()]).toEqual([20, 2]);
    const [state] = Object.values(snapshot());
    expect(state?.policies['circuit_breaker']).toMatchObject({
      state: 'closed',
      window: { calls: 20, failures: 0 },
    });
  });

  it('X4: a stream is sent once all the same', async () => {
    const { url, taken, requests } = await api();
    const { send } = make(bearer().options);
    const body = Readable.from([Buffer.from('a')]);
    expect(await send(url, { method: 'POST', body, duplex: 'half' })).toBe(401);
    expect([requests(), taken]).toEqual([1, []]);
  });
});
