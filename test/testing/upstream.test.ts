import { execFile } from 'node:child_process';
import { Agent, get, request as httpRequest } from 'node:http';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { type FlakyUpstream, flakyUpstream } from '../../src/testing/upstream.js';
import { build } from '../cli/built.js';

let upstream: FlakyUpstream;

beforeEach(async () => {
  upstream = await flakyUpstream();
});
afterEach(() => upstream.close());

/** The code of the error a fetch failed with, wherever undici put it. */
async function failureOf(response: Promise<unknown>): Promise<string> {
  try {
    await response;
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause;
    return cause?.code ?? (error as Error).name;
  }
  return 'none';
}

const statusOf = async (path = '/'): Promise<number> => {
  const response = await fetch(upstream.url + path);
  await response.arrayBuffer();
  return response.status;
};

/** A request on a connection of its own, so that its fate does not depend on a pool. */
function openRequest(path: string): ReturnType<typeof get> {
  const request = get(upstream.url + path, { agent: new Agent() });
  request.on('error', () => {});
  return request;
}

describe('flakyUpstream', () => {
  it('listens on loopback only and answers 200 at once', async () => {
    expect(upstream.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${upstream.url}/stock?sku=1`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ ok: true });
  });

  it('gives every answer its status, headers and body', async () => {
    upstream.behave({ status: 201, body: 'grün', headers: { 'X-Stock': '7' } });
    const response = await fetch(upstream.url, { method: 'POST', body: 'x'.repeat(200_000) });
    expect([response.status, response.headers.get('x-stock')]).toEqual([201, '7']);
    expect(await response.text()).toBe('grün');
  });

  it('answers HEAD and statuses without a body', async () => {
    const head = await fetch(upstream.url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    upstream.behave({ status: 204 });
    expect(await statusOf()).toBe(204);
  });

  it('waits the latency before it answers', async () => {
    upstream.behave({ latency: '60ms' });
    const start = performance.now();
    await statusOf();
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
  });

  it('fails at the rate asked for, the same way for the same seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      await using other = await flakyUpstream({
        seed,
        failureRate: 0.5,
        failureStatuses: [500, 502],
      });
      const statuses: number[] = [];
      for (let i = 0; i < 40; i += 1) {
        const response = await fetch(other.url);
        await response.arrayBuffer();
        statuses.push(response.status);
      }
      expect(other.stats().outcomes.failed).toBe(statuses.filter((each) => each !== 200).length);
      return statuses;
    };
    const first = await run(7);
    expect(new Set(first)).toEqual(new Set([200, 500, 502]));
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  it('asks for a wait with Retry-After', async () => {
    upstream.behave({ failureRate: 1, retryAfter: '3s' });
    const response = await fetch(upstream.url);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3']);
  });

  it('hangs until the client leaves', async () => {
    upstream.behave({ faults: { hang: 1 } });
    const controller = new AbortController();
    const response = failureOf(fetch(upstream.url, { signal: controller.signal }));
    await upstream.received(1);
    expect(upstream.stats()).toMatchObject({ requests: 1, inFlight: 1, outcomes: { hung: 0 } });
    controller.abort();
    expect(await response).toBe('AbortError');
    await upstream.idle();
    expect(upstream.stats()).toMatchObject({ inFlight: 0, outcomes: { hung: 1 } });
  });

  it('resets the connection', async () => {
    upstream.script('/', ['reset']);
    expect(await failureOf(fetch(upstream.url))).toBe('ECONNRESET');
    expect(upstream.stats().outcomes.reset).toBe(1);
  });

  it('closes the connection before an answer', async () => {
    upstream.script('/', ['close']);
    expect(await failureOf(fetch(upstream.url))).toBe('UND_ERR_SOCKET');
    expect(upstream.stats().outcomes.closed).toBe(1);
  });

  it('closes the connection also when a large request was sent', async () => {
    upstream.script('/', ['close']);
    const body = 'x'.repeat(1_000_000);
    expect(await failureOf(fetch(upstream.url, { method: 'PUT', body }))).toBe('UND_ERR_SOCKET');
  });

  it.each(['{"sku":42}', 'x', ''])('cuts the body %j after the headers', async (body) => {
    upstream.behave({ body });
    upstream.script('/', [{ status: 206, fault: 'truncate' }]);
    const response = await fetch(upstream.url);
    expect(response.status).toBe(206);
    expect(await failureOf(response.text())).toBe('UND_ERR_SOCKET');
    expect(upstream.stats()).toMatchObject({ outcomes: { truncated: 1 }, byStatus: { 206: 1 } });
  });

  it('sends the headers at once and the body slowly', async () => {
    upstream.behave({ slowBody: '1s', body: 'abcdefghijklmnop' });
    upstream.script('/', ['slow-body']);
    const start = performance.now();
    const response = await fetch(upstream.url);
    expect(upstream.stats()).toMatchObject({ inFlight: 1, outcomes: { answered: 0 } });
    const pieces: string[] = [];
    for await (const piece of response.body ?? []) pieces.push(new TextDecoder().decode(piece));
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe('abcdefghijklmnop');
    expect(performance.now() - start).toBeGreaterThan(900);
    expect(upstream.stats().outcomes.answered).toBe(1);
  });

  it('counts a client that leaves in the middle of a slow body as abandoned', async () => {
    upstream.script('/', [{ fault: 'slow-body' }]);
    const response = await fetch(upstream.url);
    await response.body?.cancel();
    await upstream.idle();
    expect(upstream.stats().outcomes).toMatchObject({ abandoned: 1, answered: 0 });
  });

  it('counts a client that leaves before the answer as abandoned', async () => {
    upstream.behave({ latency: '1h' });
    const request = openRequest('/slow');
    await upstream.received(1);
    request.destroy();
    await upstream.idle();
    expect(upstream.stats().outcomes.abandoned).toBe(1);
  });

  it('counts a client that leaves while it sends as abandoned', async () => {
    const request = httpRequest(upstream.url, { method: 'POST', headers: { 'content-length': 9 } });
    request.on('error', () => {});
    request.write('half');
    await upstream.received(1);
    request.destroy();
    await upstream.idle();
    expect(upstream.stats()).toMatchObject({ byStatus: {}, outcomes: { abandoned: 1 } });
  });
});

describe('script', () => {
  it('is followed step by step for its path, then the behaviour speaks again', async () => {
    upstream.behave({ status: 202 });
    upstream.script('/stock', ['503', 404, { status: 500 }]);
    const seen: number[] = [];
    for (const path of ['/stock', '/price', '/stock?sku=2', '/stock', '/stock']) {
      seen.push(await statusOf(path));
    }
    expect(seen).toEqual([503, 202, 404, 500, 202]);
    expect(upstream.stats().byPath).toEqual({ '/stock': 4, '/price': 1 });
  });

  it.each([
    ['last', [503, 404, 404, 404, 404]],
    ['all', [503, 404, 503, 404, 503]],
    ['none', [503, 404, 200, 200, 200]],
  ] as const)('repeats %s', async (repeat, expected) => {
    upstream.script('/a', [503, 404], { repeat });
    const seen: number[] = [];
    for (let i = 0; i < 5; i += 1) seen.push(await statusOf('/a'));
    expect(seen).toEqual(expected);
  });

  it('is replaced by a new one and removed by an empty one', async () => {
    upstream.script('/a', [503, 503]);
    upstream.script('/a', [404, 404]);
    expect(await statusOf('/a')).toBe(404);
    upstream.script('/a', []);
    expect(await statusOf('/a')).toBe(200);
  });

  it('names a wrong step, and changes nothing', async () => {
    upstream.script('/a', [404]);
    expect(() => upstream.script('/a', ['hangs' as 'hang'])).toThrow(ConfigError);
    expect(() => upstream.script('a', [404])).toThrow("must start with '/'");
    expect(await statusOf('/a')).toBe(404);
  });
});

describe('behave', () => {
  it('replaces the whole behaviour, for requests from then on', async () => {
    upstream.behave({ status: 202, latency: '40ms' });
    const before = statusOf();
    await upstream.received(1);
    upstream.behave({ failureRate: 1 });
    expect(await statusOf()).toBe(503);
    upstream.behave();
    expect(await statusOf()).toBe(200);
    expect(await before).toBe(202);
  });

  it('keeps the old behaviour when the new one is wrong', async () => {
    upstream.behave({ status: 202 });
    expect(() => upstream.behave({ failureRate: 2 })).toThrow(ConfigError);
    expect(await statusOf()).toBe(202);
  });
});

describe('capacity', () => {
  it('works on so many at once, and lets the others queue', async () => {
    upstream.behave({ capacity: { workers: 2, serviceTime: '50ms' } });
    upstream.script('/', ['hang', 'hang']);
    const hanging = [openRequest('/'), openRequest('/')];
    await upstream.received(2);
    let start = 0;
    const times: Promise<number>[] = Array.from({ length: 6 }, async () => {
      await statusOf();
      return performance.now() - start;
    });
    await upstream.received(8);
    expect(upstream.stats()).toMatchObject({ inFlight: 8, queued: 6 });
    start = performance.now();
    for (const each of hanging) each.destroy();
    const sorted = (await Promise.all(times)).sort((a, b) => a - b);
    // Three rounds of two, one service time each.
    expect(sorted[1]).toBeLessThan(sorted[2] ?? 0);
    expect(sorted[2]).toBeGreaterThanOrEqual(98);
    expect(sorted[4]).toBeGreaterThanOrEqual(147);
    expect(upstream.stats()).toMatchObject({ maxInFlight: 8, queued: 0 });
  });

  it('sheds what finds the queue full', async () => {
    const capacity = { workers: 1, serviceTime: 0, maxQueued: 1 } as const;
    upstream.behave({ capacity, retryAfter: '1s' });
    upstream.script('/', ['hang']);
    const hanging = openRequest('/');
    await upstream.received(1);
    const statuses = [statusOf(), statusOf(), statusOf()];
    await upstream.received(4);
    await vi.waitUntil(() => upstream.stats().outcomes.shed === 2, { timeout: 10_000 });
    hanging.destroy();
    expect((await Promise.all(statuses)).sort()).toEqual([200, 503, 503]);
    expect(upstream.stats().outcomes).toMatchObject({ answered: 1, shed: 2, hung: 1 });
  });

  it('works for clients that have left the queue, as services do', async () => {
    upstream.behave({ capacity: { workers: 1, serviceTime: 0 } });
    upstream.script('/', ['hang']);
    const hanging = openRequest('/');
    await upstream.received(1);
    const impatient = openRequest('/');
    await vi.waitUntil(() => upstream.stats().queued === 1, { timeout: 10_000 });
    impatient.destroy();
    await vi.waitUntil(() => upstream.stats().outcomes.abandoned === 1, { timeout: 10_000 });
    const last = statusOf();
    await upstream.received(3);
    hanging.destroy();
    expect(await last).toBe(200);
    expect(upstream.stats()).toMatchObject({ wasted: 1, outcomes: { answered: 1, abandoned: 1 } });
  });

  it('loses a worker to a hanging request until its client leaves', async () => {
    upstream.behave({ capacity: { workers: 1, serviceTime: 0 } });
    upstream.script('/', ['hang']);
    const hanging = openRequest('/');
    await upstream.received(1);
    const waiting = statusOf();
    await upstream.received(2);
    expect(upstream.stats().queued).toBe(1);
    hanging.destroy();
    expect(await waiting).toBe(200);
  });

  it('lets the queue go on when it is lifted', async () => {
    upstream.behave({ capacity: { workers: 1, serviceTime: 0 } });
    upstream.script('/', ['hang']);
    openRequest('/');
    await upstream.received(1);
    const waiting = statusOf();
    await upstream.received(2);
    upstream.behave();
    expect(await waiting).toBe(200);
  });
});

describe('stats', () => {
  it('accounts for every request exactly once', async () => {
    upstream.behave({
      failureRate: 0.2,
      faults: { hang: 0.2, reset: 0.2, close: 0.1, truncate: 0.1 },
      latency: { median: 2, p99: 20 },
    });
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 200 }, (_, i) =>
      failureOf(fetch(`${upstream.url}/${i % 3}`, { signal }).then((each) => each.text())),
    );
    let settled = 0;
    for (const each of all) void each.then(() => (settled += 1));
    await upstream.received(200);
    await vi.waitUntil(() => settled === 200 - upstream.stats().inFlight, { timeout: 10_000 });
    controller.abort();
    await Promise.all(all);
    await upstream.idle();
    const { requests, inFlight, outcomes, byPath } = upstream.stats();
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((total, each) => total + each, 0);
    expect([requests, inFlight, sum(outcomes), sum(byPath)]).toEqual([200, 0, 200, 200]);
    for (const outcome of ['answered', 'failed', 'hung', 'reset', 'closed', 'truncated'] as const) {
      expect(outcomes[outcome], outcome).toBeGreaterThan(0);
    }
  });

  it('is a copy and plain JSON', async () => {
    const before = upstream.stats();
    await statusOf();
    expect(before.requests).toBe(0);
    expect(JSON.parse(JSON.stringify(upstream.stats()))).toEqual(upstream.stats());
  });

  it('counts connections', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const once = (): Promise<void> =>
      new Promise((resolve, reject) => {
        get(upstream.url, { agent }, (response) => response.resume().on('end', resolve)).on(
          'error',
          reject,
        );
      });
    await once();
    await once();
    expect(upstream.stats()).toMatchObject({ connections: 1, openConnections: 1, requests: 2 });
    agent.destroy();
  });
});

describe('refuse, accept, close', () => {
  it('refuses connections and breaks those it has, until it accepts again', async () => {
    upstream.script('/', ['hang']);
    const hanging = failureOf(fetch(upstream.url));
    await upstream.received(1);
    await upstream.refuse();
    expect(await hanging).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await failureOf(fetch(upstream.url))).toBe('ECONNREFUSED');
    expect(upstream.stats()).toMatchObject({
      inFlight: 0,
      openConnections: 0,
      outcomes: { hung: 1 },
    });
    await upstream.refuse();
    await upstream.accept();
    await upstream.accept();
    expect(await statusOf()).toBe(200);
  });

  it('comes back with all its workers free and its queue empty', async () => {
    upstream.behave({ capacity: { workers: 1, serviceTime: '1h' } });
    openRequest('/');
    openRequest('/');
    await upstream.received(2);
    await upstream.refuse();
    expect(upstream.stats()).toMatchObject({ queued: 0, inFlight: 0, outcomes: { closed: 2 } });
    await upstream.accept();
    upstream.behave({ capacity: { workers: 1, serviceTime: 0 } });
    expect(await statusOf()).toBe(200);
  });

  it('closes once, however often it is asked', async () => {
    openRequest('/').on('error', () => {});
    await Promise.all([upstream.close(), upstream.close()]);
    await upstream.close();
    expect(await failureOf(fetch(upstream.url))).toBe('ECONNREFUSED');
    await expect(upstream.accept()).rejects.toThrow('closed');
  });

  it('tells who waits for requests that it was closed', async () => {
    const waiting = upstream.received(5);
    const rejected = expect(waiting).rejects.toThrow('the flaky upstream was closed');
    await upstream.close();
    await rejected;
  });

  it('rejects when the port is taken', async () => {
    const port = Number(new URL(upstream.url).port);
    await expect(flakyUpstream({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('rejects with a ConfigError for wrong options', async () => {
    await expect(flakyUpstream({ latency: '-1s' })).rejects.toThrow(ConfigError);
  });
});

describe('the world around it', () => {
  it('lives in real time under fake timers', async () => {
    vi.useFakeTimers();
    try {
      upstream.behave({ latency: '10ms' });
      const status = await new Promise((resolve) => {
        get(upstream.url, { agent: new Agent() }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
      });
      expect(status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not keep the process alive after close, whatever was going on', async () => {
    const built = await build();
    const script = `
      import { flakyUpstream } from ${JSON.stringify(pathToFileURL(built.file('testing/upstream.js')).href)};
      const upstream = await flakyUpstream({ capacity: { workers: 1, serviceTime: '1h' } });
      upstream.script('/hang', ['hang'], { repeat: 'last' });
      for (const path of ['/hang', '/', '/', '/slow']) fetch(upstream.url + path).catch(() => {});
      await upstream.received(4);
      await upstream.close();
      console.log('closed');
    `;
    const output = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        ['--input-type=module', '--eval', script],
        { timeout: 50_000 },
        (error, stdout, stderr) => resolve(`${stdout}${error === null ? '' : `${error}${stderr}`}`),
      );
    });
    built.remove();
    expect(output).toBe('closed\n');
  }, 180_000);
});
