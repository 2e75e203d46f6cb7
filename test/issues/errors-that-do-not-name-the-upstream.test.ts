import { inspect } from 'node:util';
import type { Driver, ResilienceError } from 'holdfast';
import {
  adaptiveLimiter,
  bulkhead,
  CircuitOpenError,
  ContractError,
  circuitBreaker,
  keyed,
  pipeline,
  RejectedError,
  rateLimiter,
  retry,
  TimeoutError,
  throttle,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { double, hang, refused } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';

async function errorOf(call: Promise<unknown>): Promise<ResilienceError> {
  try {
    await call;
  } catch (error) {
    return error as ResilienceError;
  }
  throw new Error('the call did not fail');
}

const never = (): Promise<never> => new Promise(() => {});
const KEY = 'https://api.example';

/** With ten upstreams, `fetch: the circuit breaker is open` helped nobody. */
describe('errors of a keyed pipeline name the key', () => {
  const cases: [string, (clock: VirtualClock) => Promise<ResilienceError>, string][] = [
    [
      'an open breaker',
      async (clock) => {
        const byKey = keyed(pipeline({ name: 'up', clock }, circuitBreaker({ failingFor: 0 })));
        for (let i = 0; i < 20; i++) {
          await byKey.get(KEY).settle(() => Promise.reject(new Error('down')));
        }
        return errorOf(byKey.execute(KEY, () => 1));
      },
      'the circuit breaker is open',
    ],
    [
      'a full bulkhead',
      async (clock) => {
        const byKey = keyed(pipeline({ name: 'up', clock }, bulkhead({ maxConcurrent: 1 })));
        void byKey.execute(KEY, never);
        return errorOf(byKey.execute(KEY, () => 1));
      },
      'all slots',
    ],
    [
      'a wait that took too long',
      async (clock) => {
        const policy = bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: 10 });
        const byKey = keyed(pipeline({ name: 'up', clock }, policy));
        void byKey.execute(KEY, never);
        const error = errorOf(byKey.execute(KEY, () => 1));
        await clock.advance(11);
        return error;
      },
      'no slot came free',
    ],
    [
      'a rate limit',
      async (clock) => {
        const byKey = keyed(pipeline({ name: 'up', clock }, rateLimiter({ limit: 1, per: '1h' })));
        await byKey.execute(KEY, () => 1);
        return errorOf(byKey.execute(KEY, () => 1));
      },
      '',
    ],
    [
      'an adaptive limit',
      async (clock) => {
        const policy = adaptiveLimiter({ algorithm: 'aimd', initialLimit: 1, minLimit: 1 });
        const byKey = keyed(pipeline({ name: 'up', clock }, policy));
        void byKey.execute(KEY, never);
        return errorOf(byKey.execute(KEY, () => 1));
      },
      'all slots',
    ],
    [
      'a throttle',
      async (clock) => {
        const byKey = keyed(
          pipeline({ name: 'up', clock }, throttle({ minimumCalls: 1, random: () => 0 })),
        );
        for (let i = 0; i < 50; i++) {
          await byKey.get(KEY).settle(() => Promise.reject(new Error('down')));
        }
        return errorOf(byKey.execute(KEY, () => 1));
      },
      'the upstream refuses too many calls',
    ],
    [
      'a timeout',
      async (clock) => {
        const byKey = keyed(pipeline({ name: 'up', clock }, timeout(10)));
        const error = errorOf(byKey.execute(KEY, never));
        await clock.advance(11);
        return error;
      },
      'timed out after 10 ms',
    ],
  ];

  it.each(cases)('X10: %s', async (_, make, message) => {
    const error = await make(new VirtualClock());
    expect(error).toMatchObject({ pipeline: 'up', key: KEY });
    expect(error.message.startsWith(`up [${KEY}]: ${message}`), error.message).toBe(true);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ pipeline: 'up', key: KEY });
    expect(inspect(error)).toContain(`key: '${KEY}'`);
  });

  it('X10: what a policy of the user refuses with carries it too, and what breaks the contract', async () => {
    const refuses = {
      role: 'gate',
      type: 'own',
      enter: () => new RejectedError('mine'),
      exit: () => {},
    } as const;
    const broken = { role: 'gate', type: 'own', enter: () => 1 as never, exit: () => {} } as const;
    const one = await errorOf(keyed(pipeline('up', refuses)).execute('a', () => 1));
    expect(one).toMatchObject({ message: 'mine', pipeline: 'up', policy: 'own', key: 'a' });
    const other = await errorOf(keyed(pipeline('up', broken)).execute('a', () => 1));
    expect(other).toBeInstanceOf(ContractError);
    expect(other.key).toBe('a');
  });

  it('a pipeline without keys says what it said, and shows no empty field', async () => {
    const one = pipeline('up', bulkhead({ maxConcurrent: 1 }));
    void one.execute(never);
    const error = await errorOf(one.execute(() => 1));
    expect(error.message).toMatch(/^up: all slots/);
    expect('key' in error || 'url' in error || 'method' in error).toBe(false);
    expect(inspect(error)).not.toContain('key');
  });

  it.each([
    ['https://user:pass@api.example/v1?token=secret#frag', 'https://api.example/v1'],
    ['postgres://app:p%40ss@db.example:5432/shop', 'postgres://db.example:5432/shop'],
    ['mongodb://app:secret@one:1,two:2/shop?w=1', 'mongodb://one:1,two:2/shop'],
    ['amqp://app:se/cret@mq.example/vhost', 'amqp://…'],
    ['https://app:se?cret@mq.example/', 'https://…'],
    ['https://[::1]:80/@scope/x', 'https://[::1]:80/@scope/x'],
    ['tenant-7?a@b', 'tenant-7?a@b'],
  ])('X10: never a credential: %s', async (key, shown) => {
    const byKey = keyed(pipeline('up', bulkhead({ maxConcurrent: 1 })));
    void byKey.execute(key, never);
    const error = await errorOf(byKey.execute(key, () => 1));
    expect(error.key).toBe(shown);
    expect(error.message).toMatch(/^up \[/);
    expect(error.message.startsWith(`up [${shown}]: `)).toBe(true);
    expect(byKey.get(key).key).toBe(key);
  });

  it('an error of a pipeline inside says what that one said', async () => {
    const inner = keyed(pipeline('inner', bulkhead({ maxConcurrent: 1 })));
    const outer = keyed(pipeline('outer', retry({ maxRetries: 0 })));
    void inner.execute('i', never);
    const error = await errorOf(outer.execute('o', () => inner.execute('i', () => 1)));
    expect(error).toMatchObject({ pipeline: 'inner', key: 'i' });
    const own = new TimeoutError('the operation says so');
    expect(await errorOf(outer.execute('o', () => Promise.reject(own)))).toBe(own);
    expect(own.key).toBeUndefined();
  });
});

describe('errors of the HTTP clients say method and URL', () => {
  const URL_GIVEN = 'https://user:pass@api.example/stock/42?token=secret#frag';
  const URL_SHOWN = 'https://api.example/stock/42';
  const secrets = /user|pass|secret|frag/;

  it('X10: rejections, timeouts and broken contracts of resilientFetch', async () => {
    const clock = new VirtualClock();
    const fetch = resilientFetch({
      clock,
      fetch: double(hang) as typeof globalThis.fetch,
      policies: [timeout(1_000), bulkhead({ maxConcurrent: 1 })],
    });
    const late = errorOf(fetch(URL_GIVEN, { method: 'post' }));
    const full = await errorOf(fetch(URL_GIVEN, { method: 'DELETE' }));
    expect(full).toMatchObject({
      code: 'ERR_BULKHEAD_FULL',
      key: KEY,
      method: 'DELETE',
      url: URL_SHOWN,
    });
    expect(full.message).toMatch(`fetch [${KEY}]: `);
    await clock.advance(1_001);
    expect(await late).toMatchObject({
      code: 'ERR_TIMEOUT',
      key: KEY,
      method: 'POST',
      url: URL_SHOWN,
    });
    for (const error of [full, await late]) {
      expect(`${inspect(error)}${JSON.stringify(error)}`).not.toMatch(secrets);
    }
    const wrong = resilientFetch({
      idempotent: (() => 'yes') as never,
      fetch: double(200) as typeof globalThis.fetch,
    });
    expect(await errorOf(wrong(URL_GIVEN))).toMatchObject({
      code: 'ERR_CONTRACT',
      pipeline: 'fetch',
      method: 'GET',
      url: URL_SHOWN,
    });
    const unclear = resilientFetch({
      classify: (() => 'yes') as never,
      fetch: double(200) as typeof globalThis.fetch,
    });
    expect(await errorOf(unclear(new Request(URL_SHOWN)))).toMatchObject({
      code: 'ERR_CONTRACT',
      key: KEY,
      method: 'GET',
      url: URL_SHOWN,
    });
  });

  const BAD_HOST = 'http://user:pass@bad host/?token=secret';
  it.each([
    ['no URL', () => resilientFetch()(BAD_HOST), 'http://bad host'],
    ['no URL, to undici', () => resilientRequest()(BAD_HOST), 'http://bad host'],
    ['a port out of range', () => resilientFetch()('http://user:pass@a:99999/'), 'http://a:99999'],
    ['a password that ends the host', () => resilientFetch()('http://user:pa#ss@a/'), 'http://…'],
    ['a path without a base', () => resilientFetch()('/stock?token=secret'), '"/stock"'],
    ['a host without a scheme', () => resilientFetch()('//user:pass@a/?token=secret'), '"//a/"'],
    ['a base that is none', async () => resilientFetch({ baseUrl: 'http://user:pa/ss@a' }), 'http'],
  ])('X10: what is said of %s shows no secret', async (_, call, shown) => {
    const error = await errorOf(call());
    expect(error.message).toMatch(shown);
    expect(`${inspect(error)}${JSON.stringify(error)}`).not.toMatch(/user|pa.?ss|secret|token/);
    if (error.name === 'TypeError') expect(error.code).toBe('ERR_INVALID_URL');
  });

  it('X10: nor what is said of a policy that would send a POST twice', async () => {
    const twice: Driver = {
      role: 'driver',
      type: 'twice',
      inspectsValues: true,
      accepts: () => false,
      drive: async (drive) => {
        await drive.next();
        return drive.next();
      },
    };
    const error = await errorOf(
      resilientFetch({ fetch: double(200) as typeof globalThis.fetch, policies: [twice] })(
        URL_GIVEN,
        { method: 'POST' },
      ),
    );
    expect(error).toMatchObject({ code: 'ERR_CONTRACT', url: URL_SHOWN });
    expect(error.message).toMatch(`POST of ${URL_SHOWN}`);
    expect(`${error.message}${JSON.stringify(error)}`).not.toMatch(secrets);
  });

  it('X10: the timeout of a body', async () => {
    const servers = new Servers();
    const port = await servers.http((_, response) => {
      response.writeHead(200).write('begun');
    });
    try {
      const origin = `http://127.0.0.1:${port}`;
      const response = await resilientFetch({ idleTimeout: 100 })(`${origin}/slow?token=secret`);
      const error = await errorOf(response.text());
      const said = { code: 'ERR_TIMEOUT', key: origin, method: 'GET', url: `${origin}/slow` };
      expect(error).toMatchObject(said);
      expect(error.message).toMatch(`fetch [${origin}]: timed out`);
      const { body } = await resilientRequest({ bodyTimeout: 100 })(`${origin}/slow?token=secret`);
      expect(await errorOf(body.text())).toMatchObject(said);
    } finally {
      await servers.close();
    }
  });

  it('X10: what others made stays as it is: errors of fetch, of clients and pipelines inside', async () => {
    const failed = refused();
    const theirs = resilientFetch({
      fetch: double(failed) as typeof globalThis.fetch,
      policies: { retry: false },
    });
    const keys = Reflect.ownKeys(failed);
    expect(await errorOf(theirs(URL_GIVEN))).toBe(failed);
    expect(Reflect.ownKeys(failed)).toEqual(keys);

    const inner = resilientFetch({
      fetch: double(hang) as typeof globalThis.fetch,
      key: () => 'inner',
      policies: [bulkhead({ maxConcurrent: 1 })],
    });
    void inner('http://inner.example/a').catch(() => {});
    const outer = resilientFetch({
      fetch: (() => inner('http://inner.example/b', { method: 'PUT' })) as typeof globalThis.fetch,
      policies: [],
    });
    expect(await errorOf(outer(URL_GIVEN))).toMatchObject({
      key: 'inner',
      method: 'PUT',
      url: 'http://inner.example/b',
    });

    const own = new CircuitOpenError('made by hand');
    const throws = resilientFetch({ fetch: double(own) as typeof globalThis.fetch, policies: [] });
    expect(await errorOf(throws(URL_GIVEN))).toBe(own);
    expect(own.url).toBeUndefined();
  });

  it('X10: a call that another one makes for itself does not sign the timeout that ends both', async () => {
    const clock = new VirtualClock();
    const fetch = resilientFetch({
      clock,
      fetch: double(hang) as typeof globalThis.fetch,
      policies: [timeout(1_000)],
      beforeAttempt: async ({ request, signal }) => {
        if (request.url === URL_SHOWN) {
          await fetch(`${KEY}/token`, { method: 'POST', signal }, { totalTimeout: 5_000 });
        }
      },
    });
    const late = errorOf(fetch(URL_SHOWN));
    await clock.advance(1_001);
    expect(await late).toMatchObject({ code: 'ERR_TIMEOUT', method: 'GET', url: URL_SHOWN });
  });

  describe('of undici', () => {
    const servers = new Servers();
    let origin = '';
    beforeAll(async () => {
      origin = `http://127.0.0.1:${await servers.http(() => {})}`;
    });
    afterAll(() => servers.close());

    it('X10: through the interceptor, and of resilientRequest', async () => {
      const policies = [timeout(100)];
      const agent = new Agent().compose(resilience({ policies }));
      const through = await errorOf(
        request(`${origin}/a?token=secret`, { dispatcher: agent, method: 'PUT' }),
      );
      const said = { code: 'ERR_TIMEOUT', pipeline: 'undici', key: origin };
      expect(through).toMatchObject({ ...said, method: 'PUT', url: `${origin}/a` });
      await agent.destroy();
      const send = resilientRequest({ policies });
      const direct = await errorOf(send(`${origin}/a?token=secret`));
      expect(direct).toMatchObject({ ...said, method: 'GET', url: `${origin}/a` });
      // On a busy machine it goes on: for how long the event loop was blocked.
      expect(direct.message.startsWith(`undici [${origin}]: timed out after 100 ms`)).toBe(true);
    });
  });
});
