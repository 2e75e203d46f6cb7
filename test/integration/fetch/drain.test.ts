import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { type Client, clientKinds } from './support/clients.js';

const CHUNKS = 10;
const EVERY_MS = 50;

describe.each(clientKinds)('$name', ({ make }) => {
  const servers = new Servers();
  const clients: Client[] = [];
  let origin = '';

  beforeAll(async () => {
    const port = await servers.http((request, response) => {
      if (request.url === '/reset') {
        response.writeHead(200, { 'content-length': 100 }).write('half', () => {
          setTimeout(() => response.destroy(), EVERY_MS);
        });
        return;
      }
      // Whole half a second long.
      let sent = 0;
      const send = (): void => {
        if (++sent > CHUNKS) return void response.end();
        response.write('chunk ');
        setTimeout(send, EVERY_MS);
      };
      send();
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(() => servers.close());
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  const client = (): Client => {
    const made = make({ policies: { retry: false } });
    clients.push(made);
    return made;
  };

  it('G17: a body that streams for half a second more is read to its end', async () => {
    const made = client();
    const answer = await made.send(`${origin}/`);
    const text = answer.text();
    const start = performance.now();
    const left = await made.drain('10s');
    const took = performance.now() - start;
    expect(left).toEqual({ inFlight: 0, bodies: 0, byKey: {} });
    expect(await text).toBe('chunk '.repeat(CHUNKS));
    expect(took).toBeGreaterThan(EVERY_MS * (CHUNKS - 2));
    expect(took).toBeLessThan(8_000);
    await expect(made.send(`${origin}/`)).rejects.toMatchObject({ code: 'ERR_DRAINING' });
  });

  it('G17: at its limit a body is told that is being read, which goes on', async () => {
    const made = client();
    const text = (await made.send(`${origin}/`)).text();
    const left = { inFlight: 0, bodies: 1 };
    expect(await made.drain(100)).toEqual({ ...left, byKey: { [origin]: left } });
    expect(await text).toBe('chunk '.repeat(CHUNKS));
    expect(await made.drain()).toMatchObject({ bodies: 0 });
  });

  it('G17: a body that breaks off has ended', async () => {
    const made = client();
    const text = (await made.send(`${origin}/reset`)).text();
    const drained = made.drain('10s');
    await expect(text).rejects.toThrow();
    expect(await drained).toMatchObject({ inFlight: 0, bodies: 0 });
  });

  it('G17: a body that is read as a stream is waited for to its end', async () => {
    const made = client();
    const { body } = await made.send(`${origin}/`);
    let text = '';
    const reading = (async () => {
      for await (const chunk of body as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
    })();
    expect(await made.drain('10s')).toMatchObject({ inFlight: 0, bodies: 0 });
    await reading;
    expect(text).toBe('chunk '.repeat(CHUNKS));
  });

  it('G17: a body whose reader leaves has ended', async () => {
    const made = client();
    const { body } = await made.send(`${origin}/`);
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    const start = performance.now();
    expect(await made.drain('10s')).toMatchObject({ inFlight: 0, bodies: 0 });
    expect(performance.now() - start).toBeLessThan(8_000);
  });
});
