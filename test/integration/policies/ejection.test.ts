import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PipelineEvent } from 'holdfast';
import { ejection, keyed, pipeline, retry, standard, timeout } from 'holdfast';
import { isFetchFailure, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it } from 'vitest';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const fine: Answer = (_, response) => response.end('fine');
const broken: Answer = (_, response) => {
  response.statusCode = 500;
  response.end('broken');
};

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Servers on loopback, each of which answers as it is told and counts what it is asked. */
async function fleetOf(count: number) {
  const answers = new Array<Answer>(count).fill(fine);
  const asked = new Array<number>(count).fill(0);
  const origins: string[] = [];
  for (let i = 0; i < count; i++) {
    const server = createServer((request, response) => {
      asked[i] = (asked[i] as number) + 1;
      (answers[i] as Answer)(request, response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origins.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  return { answers, asked, origins };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

describe('eight real servers', () => {
  it('E9: a fetch leaves the one out that fails, and a retry asks another', async () => {
    const { answers, asked, origins } = await fleetOf(8);
    const policies = [...standard({ retry: false }), ejection({ ejectFor: '1m' })];
    const fetch = resilientFetch({ policies });
    const events: PipelineEvent[] = [];
    fetch.on('ejection', (event) => events.push(event));
    const inventory = pipeline(
      'inventory',
      timeout('10s'),
      retry({ maxRetries: 2, initialDelay: 1, handle: isFetchFailure }),
    );
    const get = (path: string) => {
      const tried: string[] = [];
      return inventory.execute(({ signal }) => {
        const origin = fetch.pick(origins, tried);
        tried.push(origin);
        return fetch(new URL(path, origin), { signal });
      });
    };
    const read = async (): Promise<string> => (await get('/stock/42')).text();

    answers[3] = broken;
    // Every caller is served all the time, whatever the bad server does.
    for (let round = 0; round < 1_000 && events.length === 0; round++) {
      expect(await Promise.all([read(), read(), read(), read()])).toEqual(
        new Array(4).fill('fine'),
      );
    }
    expect(events).toMatchObject([
      { key: origins[3], reason: 'consecutive_failures', enforced: true },
    ]);
    const before = [...asked];
    for (let i = 0; i < 50; i++) await Promise.all([read(), read(), read(), read()]);
    expect(asked[3]).toBe(before[3]);
    // No retry was needed: each call was one request.
    expect(sum(asked) - sum(before)).toBe(200);
    fetch.dispose();
  });

  it('E10: a slow one gets few of the calls', async () => {
    const { answers, asked, origins } = await fleetOf(8);
    const held: ServerResponse[] = [];
    answers[0] = (_, response) => held.push(response);
    const fetch = resilientFetch({ policies: [ejection()] });
    const running: Promise<unknown>[] = [];
    for (let i = 0; i < 400; i++) {
      const origin = fetch.pick(origins);
      const call = fetch(`${origin}/`).then((response) => response.text());
      running.push(call);
      // Those that answer have answered before the next call.
      if (origin !== origins[0]) await call;
    }
    // The first goes there, and no other one: it is busy, and the others are not.
    expect(asked[0]).toBeLessThanOrEqual(1);
    for (const count of asked.slice(1)) expect(count).toBeGreaterThan(20);
    for (const response of held) response.end('late');
    await Promise.all(running);
    fetch.dispose();
  });

  it('E10: bodies that nobody reads keep no host from being chosen', async () => {
    const { asked, origins } = await fleetOf(2);
    const fetch = resilientFetch({ policies: [ejection()] });
    const unread = [];
    for (let i = 0; i < 40; i++) unread.push(await fetch(fetch.pick(origins)));
    for (const count of asked) expect(count).toBeGreaterThan(3);
    for (const response of unread) await response.body?.cancel();
    fetch.dispose();
  });

  it('E6: a body of before an ejection that fails afterwards counts for nothing', async () => {
    const { answers, origins } = await fleetOf(8);
    const [bad = '', ...others] = origins;
    const held: ServerResponse[] = [];
    answers[0] = (request, response) => {
      if (request.url !== '/stream') return broken(request, response);
      response.write('some');
      held.push(response);
    };
    const clock = new VirtualClock();
    const policies = [ejection({ ejectFor: '10s', random: () => 0.5 })];
    const fetch = resilientFetch({ policies, clock });
    const streams = [await fetch(`${bad}/stream`), await fetch(`${bad}/stream`)];
    const known = () => fetch.snapshot()[bad]?.policies.ejection;
    for (let i = 0; i < 5; i++) {
      for (const origin of others) await (await fetch(origin)).text();
      await (await fetch(bad)).text();
      await clock.advance(50);
    }
    expect(known()).toMatchObject({ ejected: true });
    await clock.advance(10_000);
    answers[0] = fine;
    for (let i = 0; i < 5; i++) await (await fetch(bad)).text();
    for (const response of held) response.destroy();
    for (const stream of streams) await expect(stream.text()).rejects.toThrow();
    expect(known()).toMatchObject({ calls: 5, failures: 0 });
    fetch.dispose();
  });

  it('E11: what was tried may be told as any URL of its origin', async () => {
    const { origins } = await fleetOf(2);
    const fetch = resilientFetch();
    const urls = origins.map((origin) => `${origin}/v1/`);
    for (let i = 0; i < 20; i++) expect(fetch.pick(urls, [`${origins[0]}/v1/stock`])).toBe(urls[1]);
    expect(() => fetch.pick([new URL(origins[0] ?? '') as never])).toThrow(
      'keyed: the key must be a string (got an instance of URL)',
    );
    fetch.dispose();
  });

  it('E11: origins may be given as any of their URLs, and keys by a key option', async () => {
    const { answers, origins } = await fleetOf(3);
    answers[0] = broken;
    const [bad, ...others] = origins as [string, ...string[]];
    const policies = standard({
      retry: false,
      circuitBreaker: { consecutiveFailures: 2, failingFor: 0 },
    });
    const fetch = resilientFetch({ policies });
    for (let i = 0; i < 3; i++) await fetch(`${bad}/x`).catch(() => {});
    const urls = [bad, ...others].map((origin) => `${origin}/v1/`);
    for (let i = 0; i < 50; i++) expect(fetch.pick(urls)).not.toBe(urls[0]);
    expect(fetch.pick(urls.slice(0, 1))).toBe(urls[0]);
    expect(() => fetch.pick(['inventory', 'stock'])).toThrow(TypeError);
    expect(() => fetch.pick([])).toThrow(TypeError);
    const named = resilientFetch({ key: ({ url }) => new URL(url).port });
    expect(['a', 'b']).toContain(named.pick(['a', 'b']));
    fetch.dispose();
    named.dispose();
  });

  it('E9: policies of each key share a group, if they are made of one ejection', async () => {
    const { answers, origins } = await fleetOf(8);
    answers[5] = broken;
    const outliers = ejection({ ejectFor: '1m' });
    const fetch = resilientFetch({ policies: () => [timeout('5s'), outliers] });
    const events: PipelineEvent[] = [];
    fetch.on('ejection', (event) => events.push(event));
    for (let round = 0; round < 2_000 && events.length === 0; round++) {
      await Promise.all(origins.map(async (origin) => (await fetch(origin)).text()));
    }
    expect(events.map(({ key }) => key)).toEqual([origins[5]]);
    for (let i = 0; i < 50; i++) expect(fetch.pick(origins)).not.toBe(origins[5]);
    fetch.dispose();
  });

  it('E9: any client that names its server does, with a keyed pipeline', async () => {
    const { answers, asked, origins } = await fleetOf(8);
    answers[1] = (request) => request.socket.destroy();
    const byHost = keyed(pipeline('plain', timeout('5s'), ejection({ ejectFor: '1m' })));
    const load = async (): Promise<void> => {
      const origin = byHost.pick(origins);
      await byHost.settle(origin, async ({ signal }) =>
        (await globalThis.fetch(origin, { signal })).text(),
      );
    };
    let isOut = false;
    byHost.on('ejection', ({ enforced }) => {
      isOut ||= enforced;
    });
    for (let round = 0; round < 2_000 && !isOut; round++) await Promise.all([load(), load()]);
    expect(isOut).toBe(true);
    const before = asked[1];
    for (let i = 0; i < 50; i++) await load();
    expect(asked[1]).toBe(before);
    byHost.dispose();
  });
});
