import { circuitBreaker, type Outcome, pipeline, throttle } from 'holdfast';
import { classifyFetchError, isFetchFailure, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { Agent, ProxyAgent } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { breakerOf, type GlobalFetch, quick, ways } from '../fetch/support/breaker-ways.js';
import { double } from '../fetch/support/double.js';
import { certificate, Servers } from '../fetch/support/servers.js';

const servers = new Servers();
const agents: { destroy(): Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.destroy()));
  await servers.close();
});
function keep<A extends { destroy(): Promise<void> }>(agent: A): A {
  agents.push(agent);
  return agent;
}

/** Retried three times, as if they were over in a second, and opened the breaker of an upstream that was well. */
describe.each(Object.entries(ways))('with %s', (name, make) => {
  /** Calls until a breaker would have opened, and answers what came of each. */
  const calls = async (url: string, dispatcher: Agent | ProxyAgent, init = {}) => {
    let connections = 0;
    servers.onConnection(() => connections++);
    const way = make({ policies: quick }, keep(dispatcher));
    const outcomes: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      outcomes.push(await way.status(url, init).catch((error: unknown) => error));
    }
    return {
      outcomes,
      connections: () => connections,
      breaker: breakerOf(way, new URL(url).origin),
    };
  };
  const uncounted = {
    state: 'closed',
    consecutiveFailures: 0,
    window: { calls: 0, failures: 0 },
  };

  it('X2: a certificate that nobody signed is never asked for again, also by a POST, and not counted', async () => {
    const port = await servers.https((_request, response) => response.end());
    for (const method of ['GET', 'POST']) {
      const url = `https://localhost:${port}/`;
      const { outcomes, connections, breaker } = await calls(url, new Agent(), { method });
      for (const error of outcomes) {
        expect(classifyFetchError(error)).toBe('tls');
        expect(isFetchFailure({ kind: 'failure', error } as Outcome)).toBe(false);
      }
      expect(connections()).toBe(4);
      expect(breaker).toMatchObject(uncounted);
    }
  });

  it('X2: nor is one for another name', async () => {
    const port = await servers.https((_request, response) => response.end());
    const agent = new Agent({ connect: { ca: certificate.cert } });
    const { outcomes, connections, breaker } = await calls(`https://127.0.0.1:${port}/`, agent);
    for (const error of outcomes) expect(classifyFetchError(error)).toBe('tls');
    expect(connections()).toBe(4);
    expect(breaker).toMatchObject(uncounted);
  });

  it('X2: nor is a proxy asked again that wants credentials, for a tunnel', async () => {
    const proxy = await servers.saying('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const agent = new ProxyAgent(`http://127.0.0.1:${proxy}`);
    const { outcomes, connections, breaker } = await calls('https://shop.example/', agent);
    for (const error of outcomes) expect(error).toBeInstanceOf(Error);
    expect(connections()).toBe(4);
    expect(breaker).toMatchObject(uncounted);
  });

  it('X2: nor for a request', async () => {
    let requests = 0;
    const proxy = await servers.http((_request, response) => {
      requests++;
      response.writeHead(407, { 'x-should-retry': 'true' }).end();
    });
    const { outcomes, breaker } = await calls(`http://127.0.0.1:${proxy}/`, new Agent());
    // fetch makes an error of it, as the standard has it.
    for (const outcome of outcomes) {
      if (name === 'resilientFetch()') expect(outcome).toBeInstanceOf(TypeError);
      else expect(outcome).toBe(407);
    }
    expect(requests).toBe(4);
    expect(breaker).toMatchObject(uncounted);
  });

  it('X2: nor is what cannot be sent', async () => {
    const url = `http://127.0.0.1:${await servers.http((_request, response) => response.end())}/`;
    for (const init of [
      { headers: { 'no name': 'x' } },
      { headers: { name: 'line\r\nbreak' } },
      { method: 'NO METHOD' },
    ]) {
      const { outcomes, connections, breaker } = await calls(url, new Agent(), init);
      for (const error of outcomes) expect(error).toBeInstanceOf(Error);
      expect(connections()).toBe(0);
      expect(breaker ?? uncounted).toMatchObject(uncounted);
    }
  });

  it('X2: a server that speaks no TLS is asked again: it may be starting', async () => {
    const port = await servers.http((_request, response) => void response.end());
    const { outcomes } = await calls(`https://127.0.0.1:${port}/`, new Agent());
    expect(
      outcomes.map((error) => isFetchFailure({ kind: 'failure', error } as Outcome)),
    ).toContain(true);
  });
});

describe('what fetch does not send', () => {
  it.each([
    ['an unsupported protocol', 'ftp://a.example/', {}],
    ['a protocol that nobody knows', 'no-such-thing:x', {}],
    ['a port that browsers block', 'http://127.0.0.1:6000/', {}],
    ['a method that fetch forbids', 'http://a.example/', { method: 'CONNECT' }],
    ['a header that is none', 'http://a.example/', { headers: [['a b', 'c']] }],
  ])('X2: %s is tried once, and not counted', async (_what, url, init) => {
    let sent = 0;
    const counting = (input: string, given?: RequestInit) => {
      sent++;
      return fetch(input, given);
    };
    const send = resilientFetch({ fetch: counting, policies: quick, key: () => 'k' });
    for (let i = 0; i < 4; i++) {
      const error: unknown = await send(url, init as RequestInit).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(TypeError);
      expect(classifyFetchError(error)).toBeUndefined();
    }
    expect(sent).toBe(4);
    expect(breakerOf(send, 'k')).toMatchObject({ state: 'closed', window: { calls: 0 } });
  });
});

describe('certificates', () => {
  it.each([
    'CERT_HAS_EXPIRED',
    'CERT_REVOKED',
    'CERT_UNTRUSTED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_TLS_CERT_ALTNAME_FORMAT',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    // The server does not accept the client's.
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  ])('X2: %s is sent once, whatever the method', async (code) => {
    const error = new TypeError('fetch failed', {
      cause: Object.assign(new Error(code), { code }),
    });
    expect(classifyFetchError(error)).toBe('tls');
    for (const method of ['GET', 'POST']) {
      const sent = double(error);
      const send = resilientFetch({ fetch: sent as GlobalFetch, policies: quick });
      await expect(send('https://a.example/', { method })).rejects.toBe(error);
      expect(sent.calls).toHaveLength(1);
    }
  });

  it.each([
    'EPROTO',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'ECONNRESET',
  ])('X2: a handshake that failed with %s is made again', async (code) => {
    const error = new TypeError('fetch failed', {
      cause: Object.assign(new Error(code), { code }),
    });
    const sent = double(error, error, 200);
    const send = resilientFetch({ fetch: sent as GlobalFetch, policies: quick });
    expect((await send('https://a.example/')).status).toBe(200);
  });

  it('X2: say nothing to a half-open breaker or a throttle, also around another client', async () => {
    const clock = new VirtualClock();
    const expired = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' });
    const breaker = circuitBreaker({ handle: isFetchFailure, probes: 1, rampFor: 0 });
    const limit = throttle({ handle: isFetchFailure });
    const calls = pipeline({ name: 'calls', clock }, breaker, limit);
    breaker.trip();
    await clock.advance('10s');
    for (let i = 0; i < 3; i++) await calls.settle(() => Promise.reject(expired));
    expect(breaker.state).toBe('half_open');
    expect(limit.snapshot()).toMatchObject({ requests: 0, accepts: 0, inFlight: 0 });
    await calls.execute(() => new Response());
    expect(breaker.state).toBe('closed');
  });
});
