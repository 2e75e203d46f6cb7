import { createServer, type ServerResponse } from 'node:http';
import { BulkheadFullError, LimitExceededError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilientRequest } from 'holdfast/undici';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { double, hang } from '../../fetch/support/double.js';
import { Servers } from '../../fetch/support/servers.js';

/** A server that answers nobody until that many have asked, so that all of them are in flight at once. */
async function patient(servers: Servers, callers: number): Promise<string> {
  const waiting: ServerResponse[] = [];
  let asked = 0;
  const server = createServer((_, response) => {
    waiting.push(response);
    if (++asked >= callers) for (const each of waiting.splice(0)) each.end('body');
  });
  return `http://127.0.0.1:${await servers.listen(server)}/`;
}

describe('a burst to a healthy upstream', () => {
  let servers = new Servers();
  let agent: Agent | undefined;
  afterEach(async () => {
    await agent?.destroy();
    agent = undefined;
    await servers.close();
    servers = new Servers();
  });

  const viaGlobal = () => {
    const fetch = resilientFetch();
    return async (url: string) => (await fetch(url)).text();
  };
  const viaUndici = () => {
    const fetch = resilientFetch({ fetch: undiciFetch });
    agent = new Agent();
    const dispatcher = agent;
    return async (url: string) => (await fetch(url, { dispatcher })).text();
  };
  const viaRequest = () => {
    const request = resilientRequest();
    agent = new Agent();
    const dispatcher = agent;
    return async (url: string) => (await request(url, { dispatcher })).body.text();
  };

  it.each([
    ['500', 'resilientFetch()', viaGlobal],
    ['1000', 'resilientFetch()', viaGlobal],
    ['500', 'resilientFetch() over the fetch of undici', viaUndici],
    ['500', 'resilientRequest()', viaRequest],
  ])('X1: %s calls at once of a new %s are all answered', async (count, _, make) => {
    const calls = Number(count);
    const url = await patient(servers, calls);
    const send = make();
    const answers = await Promise.all(Array.from({ length: calls }, () => send(url)));
    expect(new Set(answers)).toEqual(new Set(['body']));
  });
});

describe('a refusal for want of room', () => {
  const full = async (policies: object): Promise<unknown> => {
    const fetch = resilientFetch({ fetch: double(hang) as typeof globalThis.fetch, policies });
    const calls = Array.from({ length: 4 }, () => {
      const caller = new AbortController();
      const call = fetch('http://a.example/', { signal: caller.signal });
      return { call: call.catch((error: unknown) => error), caller };
    });
    const refused = await calls[3]?.call;
    for (const { caller } of calls) caller.abort();
    return refused;
  };

  it('X1: of the adaptive limiter names its options', async () => {
    const refused = await full({ adaptiveLimiter: { maxLimit: 2, maxQueued: 1 } });
    expect(refused).toBeInstanceOf(LimitExceededError);
    expect((refused as Error).message).toMatch(/maxLimit: 2\b.*maxQueued: 1\b/);
  });

  it('X1: of the bulkhead names its options', async () => {
    const refused = await full({ bulkhead: { maxConcurrent: 2, maxQueued: 1 } });
    expect(refused).toBeInstanceOf(BulkheadFullError);
    expect((refused as Error).message).toMatch(/maxConcurrent: 2\b.*maxQueued: 1\b/);
  });
});
