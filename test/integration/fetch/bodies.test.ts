import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';
import { type Client, type ClientKind, clientKinds, eager } from './support/clients.js';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251));
const hashOf = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const text = content.toString('latin1').replace(/[^ -~]/g, '.');

interface Received {
  readonly method: string;
  readonly hash: string;
  readonly bytes: number;
}

/** Answers 503 to each request until there have been `failures` of its path. */
class Recorder {
  readonly servers = new Servers();
  readonly received: Received[] = [];
  origin = '';
  failures = 2;
  fail: 'status' | 'reset' | 'after the headers' = 'status';

  async start(): Promise<void> {
    const port = await this.servers.http(async (request, response) => {
      const body = await read(request);
      this.received.push({ method: request.method ?? '', hash: hashOf(body), bytes: body.length });
      if (this.received.length > this.failures) response.end('good');
      else if (this.fail === 'reset') request.socket.resetAndDestroy();
      else if (this.fail === 'status') response.writeHead(503, { 'content-length': 3 }).end('bad');
      else {
        response.writeHead(200, { 'content-length': 100 }).write('abc');
        setTimeout(() => request.socket.destroy(), 20);
      }
    });
    this.origin = `http://127.0.0.1:${port}`;
  }

  expecting(failures: number, fail: Recorder['fail'] = 'status'): void {
    this.received.length = 0;
    this.failures = failures;
    this.fail = fail;
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  request.on('error', () => {});
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client broke it off.
  }
  return Buffer.concat(chunks);
}

const isFetch = ({ Request }: ClientKind): boolean => Request !== undefined;

describe.each(clientKinds)('$name', (kind) => {
  const recorder = new Recorder();
  let client: Client;

  beforeAll(async () => {
    await recorder.start();
    client = kind.make({ policies: eager });
  });
  afterAll(async () => {
    await client.close();
    await recorder.servers.close();
  });

  const form = (): FormData => {
    const data = new kind.FormData();
    data.append('text', text);
    data.append('file', new Blob([content]), 'content.bin');
    return data;
  };
  /** Those that fetch takes, and of these those that undici's dispatchers take. */
  const kinds: { body: string; make: () => unknown; of?: Uint8Array; fetchOnly?: true }[] = [
    { body: 'a string', make: () => text, of: Buffer.from(text) },
    { body: 'a Buffer', make: () => Buffer.from(content), of: content },
    { body: 'a Uint8Array', make: () => new Uint8Array(content), of: content },
    {
      body: 'a view of a part of a buffer',
      make: () => new DataView(new Uint8Array(content).buffer, 10, 1_000),
      of: content.subarray(10, 1_010),
      fetchOnly: true,
    },
    {
      body: 'an ArrayBuffer',
      make: () => new Uint8Array(content).buffer,
      of: content,
      fetchOnly: true,
    },
    {
      body: 'URLSearchParams',
      make: () => new URLSearchParams({ text }),
      of: Buffer.from(String(new URLSearchParams({ text }))),
      fetchOnly: true,
    },
    { body: 'a Blob', make: () => new Blob([content]), of: content },
    { body: 'FormData', make: form },
    { body: 'a function that makes a string', make: () => () => text, of: Buffer.from(text) },
    {
      body: 'a function that makes a stream',
      make: () => () => (isFetch(kind) ? new Blob([content]).stream() : Readable.from([content])),
      of: content,
    },
    {
      body: 'an async function that makes an iterator',
      make: () => async () =>
        (async function* () {
          yield content.subarray(0, 100_000);
          yield content.subarray(100_000);
        })(),
      of: content,
    },
  ];

  for (const { body, make, of, fetchOnly } of kinds) {
    if (fetchOnly === true && !isFetch(kind)) continue;
    it(`X4: a PUT with ${body} arrives whole on every attempt`, async () => {
      recorder.expecting(2);
      const answer = await client.send(`${recorder.origin}/`, { method: 'PUT', body: make() });
      expect(await answer.text()).toBe('good');
      const { received } = recorder;
      expect(received).toHaveLength(3);
      if (of !== undefined) {
        expect(received.map(({ hash }) => hash)).toEqual(Array(3).fill(hashOf(of)));
      } else {
        // The boundary is chosen anew; the length is not.
        expect(new Set(received.map(({ bytes }) => bytes)).size).toBe(1);
        expect(received[0]?.bytes).toBeGreaterThan(content.length + text.length);
      }
    });
  }

  it('X4: a buffer that its owner uses again arrives as it was', async () => {
    recorder.expecting(2);
    const body = Buffer.from(content);
    const sent = client.send(`${recorder.origin}/`, { method: 'PUT', body });
    body.fill(0);
    await (await sent).text();
    expect(recorder.received.map(({ hash }) => hash)).toEqual(Array(3).fill(hashOf(content)));
  });

  const streams: [string, () => unknown][] = [
    [
      'an async iterator',
      () =>
        (async function* () {
          yield content;
        })(),
    ],
    ['a Node stream', () => Readable.from([content])],
    ...(isFetch(kind)
      ? [['a web stream', () => new Blob([content]).stream()] as [string, () => unknown]]
      : []),
  ];
  it.each(streams)('X4: %s is sent once and never again, empty or not', async (_kind, make) => {
    for (const fail of ['status', 'reset'] as const) {
      recorder.expecting(2, fail);
      const result = await client
        .send(`${recorder.origin}/`, { method: 'PUT', body: make() })
        .then((answer) => answer.text().then(() => answer.status))
        .catch(() => 'error');
      expect(result).toBe(fail === 'status' ? 503 : 'error');
      expect(recorder.received).toEqual([
        { method: 'PUT', hash: hashOf(content), bytes: content.length },
      ]);
    }
  });

  it('X4: a stream that cannot connect is not sent again either', async () => {
    const dead = await recorder.servers.dead();
    const body = Readable.from([content]);
    await expect(
      client.send(`http://127.0.0.1:${dead}/`, { method: 'PUT', body }),
    ).rejects.toMatchObject(isFetch(kind) ? { message: 'fetch failed' } : { code: 'ECONNREFUSED' });
  });

  it.each(['status', 'reset', 'after the headers'] as const)(
    'X3: a POST is sent once, whatever goes wrong: %s',
    async (fail) => {
      recorder.expecting(10, fail);
      await client
        .send(`${recorder.origin}/`, { method: 'POST', body: text })
        .then((answer) => answer.text())
        .catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(recorder.received.map(({ bytes }) => bytes)).toEqual([text.length]);
    },
  );

  it('X3: a POST is sent again where it may be', async () => {
    const may = [
      { headers: { 'idempotency-key': '"k"' } },
      { holdfast: { idempotent: true } },
      { holdfast: { idempotencyKey: 'k' } },
    ];
    for (const init of may) {
      recorder.expecting(2);
      const answer = await client.send(`${recorder.origin}/`, {
        method: 'POST',
        body: text,
        ...init,
      });
      expect(await answer.text()).toBe('good');
      expect(recorder.received.map(({ bytes }) => bytes)).toEqual(Array(3).fill(text.length));
    }
  });

  it('X3: 200 POSTs at once to a server that resets at random arrive once each', async () => {
    recorder.expecting(Infinity, 'reset');
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        client
          .send(`${recorder.origin}/`, { method: 'POST', body: `number ${i}` })
          .then((answer) => answer.text())
          .catch(() => {}),
      ),
    );
    const arrived = recorder.received.map(({ hash }) => hash);
    expect(arrived.length).toBeGreaterThan(0);
    expect(new Set(arrived).size).toBe(arrived.length);
  });

  if (kind.Request !== undefined) {
    const { Request } = kind;
    it.each([
      ['a string', text],
      ['a Blob', new Blob([content])],
    ])('X4: a Request with %s arrives whole on every attempt, and is used up', async (_, body) => {
      recorder.expecting(2);
      const request = new Request(`${recorder.origin}/`, { method: 'PUT', body });
      const answer = await client.send(request as never);
      expect(await answer.text()).toBe('good');
      const sizes = recorder.received.map(({ bytes, hash }) => [bytes, hash]);
      expect(sizes).toHaveLength(3);
      expect(new Set(sizes.map(String)).size).toBe(1);
      expect(sizes[0]?.[0]).toBe(200_000);
      expect(request.bodyUsed).toBe(true);
    });

    it('X4: a Request with a stream arrives whole on every attempt', async () => {
      recorder.expecting(2);
      const init = { method: 'PUT', body: new Blob([content]).stream(), duplex: 'half' };
      const answer = await client.send(new Request(`${recorder.origin}/`, init as object) as never);
      expect(await answer.text()).toBe('good');
      expect(recorder.received.map(({ hash }) => hash)).toEqual(Array(3).fill(hashOf(content)));
    });
  }
});
