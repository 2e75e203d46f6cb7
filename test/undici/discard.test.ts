import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { systemClock } from '../../src/time/clock.js';
import type { UndiciBody } from '../../src/undici/discard.js';
import { discardBody } from '../../src/undici/discard.js';
import { nodeIsAtLeast } from '../fetch/support/node-version.js';
import { Servers } from '../fetch/support/servers.js';

type Undici = typeof import('undici');
type Answer = Awaited<ReturnType<Undici['request']>>;

const modules: { name: string; undici: Undici }[] = [
  { name: 'undici 7', undici: await import('undici') },
];
if (nodeIsAtLeast(22, 19)) {
  modules.push({ name: 'undici 8', undici: (await import('undici8')) as unknown as Undici });
}

describe.each(modules)('$name', ({ undici }) => {
  const servers = new Servers();
  const agents: { destroy(): Promise<void> }[] = [];
  let origin = '';
  let opened = 0;
  let closed: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      closed = new Promise((resolve) => request.socket.once('close', resolve));
      const [, kind, size] = (request.url ?? '').split('/');
      const body = Buffer.alloc(Number(size ?? 0), 'x');
      if (kind === 'declared') response.writeHead(503, { 'content-length': body.length }).end(body);
      else if (kind === 'stalled') response.writeHead(503, { 'content-length': 100 }).write('abc');
      else response.writeHead(503).write(body, () => response.end());
    });
    servers.onConnection(() => {
      opened++;
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.destroy())));

  const oneConnection = (): ((path: string) => Promise<Answer>) => {
    const dispatcher = new undici.Agent({ connections: 1, pipelining: 1 });
    agents.push(dispatcher);
    opened = 0;
    return (path) => undici.request(`${origin}${path}`, { dispatcher });
  };
  const discard = ({ body, headers }: Answer, clock = systemClock, ms = 10_000) =>
    discardBody(body as unknown as UndiciBody, headers, clock, ms);

  it('X5: on one connection, 1,000 answers of 60 KB nobody reads never stall, and the connection stays', async () => {
    const get = oneConnection();
    for (let call = 0; call < 1_000; call++) discard(await get('/declared/60000'));
    expect(opened).toBe(1);
  });

  it.each(['/declared/65537', '/chunked/65536'])('X5: %s is destroyed', async (path) => {
    const get = oneConnection();
    for (let call = 0; call < 10; call++) expect(discard(await get(path))).toBeUndefined();
    await discard(await get('/declared/1'));
    expect(opened).toBeGreaterThanOrEqual(10);
  });

  it('X5: a body that stalls is destroyed when the time is over', async () => {
    const get = oneConnection();
    const clock = new VirtualClock();
    const discarded = discard(await get('/stalled'), clock, 500);
    expect(clock.pending).toBe(1);
    await clock.advance(500);
    await discarded;
    await closed;
    expect(clock.pending).toBe(0);
  });

  it('X5: a body that was read, or is being read, is left alone', async () => {
    const get = oneConnection();
    const answer = await get('/declared/10');
    const text = answer.body.text();
    await discard(answer);
    expect(await text).toBe('x'.repeat(10));
    expect(discard(answer)).toBeUndefined();
  });
});
