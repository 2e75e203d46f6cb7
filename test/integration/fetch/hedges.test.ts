import type { ServerResponse } from 'node:http';
import { bulkhead, hedge, retry } from 'holdfast';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { type Client, clientKinds } from './support/clients.js';

const BODY = 'x'.repeat(20_000);

describe.each(clientKinds)('$name', ({ make, makeDeaf }) => {
  const servers = new Servers();
  const clients: Client[] = [];
  let origin = '';
  let seen = new Map<string, number>();
  const held = new Map<string, (response?: ServerResponse) => void>();
  let open = 0;

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      const { url = '' } = request;
      const [, kind] = url.split('/');
      const count = (seen.get(url) ?? 0) + 1;
      seen.set(url, count);
      open++;
      response.on('close', () => open--);
      request.resume();
      const answer = (): void => {
        if (kind === 'busy') response.writeHead(503, { 'retry-after': '0' });
        response.end(`${count}${BODY}`);
      };
      // The first request of a URL is slow: it is answered with the second, or after a while.
      if (count === 1 && kind !== 'quick') {
        const timer = setTimeout(() => held.get(url)?.(), kind === 'slow' ? 500 : 12);
        held.set(url, () => {
          held.delete(url);
          clearTimeout(timer);
          answer();
        });
      } else {
        answer();
        if (kind === 'both' || kind === 'busy') held.get(url)?.();
      }
    });
    origin = `http://127.0.0.1:${port}`;
  });
  beforeEach(() => {
    seen = new Map();
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  async function client(connections: number, delay = 60, how = make): Promise<Client> {
    const made = how({ policies: [hedge({ delay, maxExtraLoad: 1 })] }, connections);
    clients.push(made);
    // They earn the first hedges.
    for (let i = 0; i < 40; i++) await (await made.send(`${origin}/quick/${i}`)).text();
    return made;
  }

  it('H9: a slow request is sent again, and the quicker answer wins', async () => {
    const { send } = await client(2);
    const answer = await send(`${origin}/slow/1`);
    expect(await answer.text()).toBe(`2${BODY}`);
  });

  it.each<[string, object]>([
    ['a POST', { method: 'POST', body: 'text' }],
    [
      'a body that can be read once',
      {
        method: 'PUT',
        body: new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('text'));
            controller.close();
          },
        }),
      },
    ],
    ['what the caller forbids', { holdfast: { retry: false } }],
    ['what the caller calls not idempotent', { holdfast: { idempotent: false } }],
  ])('H9: never sent twice: %s', async (_name, init) => {
    const { send } = await client(2);
    const answer = await send(`${origin}/slow/1`, init);
    expect(await answer.text()).toBe(`1${BODY}`);
    expect(seen.get('/slow/1')).toBe(1);
  });

  it('H9: a POST that may be sent twice is hedged', async () => {
    const { send } = await client(2);
    const init = { method: 'POST', body: 'text', holdfast: { idempotent: true } };
    expect(await (await send(`${origin}/slow/1`, init)).text()).toBe(`2${BODY}`);
  });

  it('X5, H9: of 200 calls that are answered twice, no answer keeps a connection', async () => {
    const { send } = await client(2, 1);
    for (let i = 0; i < 200; i++) {
      const answer = await send(`${origin}/both/${i}`);
      expect((await answer.text()).slice(1)).toBe(BODY);
    }
    await expect.poll(() => open).toBe(0);
    expect(seen.size).toBe(240);
  });

  it.runIf(makeDeaf)(
    'X5, H9: nor does one that comes although its attempt was given up',
    async () => {
      const { send } = await client(2, 1, makeDeaf);
      for (let i = 0; i < 50; i++) {
        const answer = await send(`${origin}/both/${i}`);
        expect((await answer.text()).slice(1)).toBe(BODY);
      }
      await expect.poll(() => open).toBe(0);
    },
  );

  it('X5, H9: nor does one that is kept while the other attempt is under way', async () => {
    const { send } = await client(2, 1);
    for (let i = 0; i < 50; i++) {
      const answer = await send(`${origin}/busy/${i}`);
      expect(answer.status).toBe(503);
      expect((await answer.text()).slice(1)).toBe(BODY);
    }
    await expect.poll(() => open).toBe(0);
  });

  it('H9: a hedge inside a retry, with a bulkhead inside', async () => {
    const policies = [
      retry({ maxRetries: 2, backoff: () => 1 }),
      hedge({ delay: 5, maxExtraLoad: 1 }),
      bulkhead({ maxConcurrent: 4 }),
    ];
    const made = make({ policies }, 4);
    clients.push(made);
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, i) => made.send(`${origin}/both/${i}`)),
    );
    for (const answer of answers) expect((await answer.text()).slice(1)).toBe(BODY);
  });
});
