import { DrainingError } from 'holdfast';
import { type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred } from '../pipeline/support/deferred.js';
import { noted } from '../pipeline/support/noted.js';
import { type Double, double, hang } from './support/double.js';

const A = 'http://a.example';
const B = 'http://b.example';

function make(fetch: Double, options: Partial<ResilientFetchOptions> = {}) {
  const clock = new VirtualClock();
  const client = resilientFetch({ fetch, clock, ...options } as ResilientFetchOptions);
  return { clock, client };
}

/** A response whose body comes when it is told to. */
function slowBody() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  const end = (): void => {
    controller.enqueue(new TextEncoder().encode('all of it'));
    controller.close();
  };
  return { response: new Response(stream), end };
}

const NOTHING = { inFlight: 0, bodies: 0, byKey: {} };

describe('drain of a resilient fetch', () => {
  it('G17: refuses new calls, and sends none', async () => {
    const fetch = double(200);
    const { client } = make(fetch);
    expect(await client.drain()).toEqual(NOTHING);
    const events: unknown[] = [];
    client.on('rejection', ({ key, reason }) => events.push([key, reason]));
    await expect(client(`${A}/`)).rejects.toThrow(DrainingError);
    await expect(client(`${B}/`, { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'ERR_DRAINING',
      message: expect.stringContaining('draining'),
    });
    expect(fetch.calls).toEqual([]);
    expect(events).toEqual([
      [A, 'draining'],
      [B, 'draining'],
    ]);
  });

  it('G17: retries of calls in flight go on', async () => {
    const fetch = double(503, 200);
    const { clock, client } = make(fetch);
    const call = client(`${A}/`);
    const note = noted(client.drain(), clock);
    await clock.advance('1s');
    expect((await call).status).toBe(200);
    await (await call).text();
    await clock.advance(0);
    expect(fetch.calls).toHaveLength(2);
    expect(note.value).toEqual(NOTHING);
  });

  it('G17: is over at the very moment at which the last body has been read', async () => {
    const body = slowBody();
    const { clock, client } = make(double(() => body.response));
    const response = await client(`${A}/`);
    const reading = response.text();
    const note = noted(client.drain(), clock);
    await clock.advance('5s');
    expect(note.at).toBeUndefined();
    body.end();
    expect(await reading).toBe('all of it');
    await clock.advance(0);
    expect(note).toEqual({ at: 5_000, value: NOTHING });
  });

  it('G17: the gap between the headers and the reading is none', async () => {
    const bodies = [slowBody(), slowBody()];
    const answer = deferred<Response>();
    const { clock, client } = make(double(() => answer.promise));
    const text = client(`${A}/`).then((response) => response.text());
    const note = noted(client.drain(), clock);
    answer.resolve(bodies[0]?.response as Response);
    await clock.advance('1s');
    expect(note.at).toBeUndefined();
    bodies[0]?.end();
    expect(await text).toBe('all of it');
    await clock.advance(0);
    expect(note).toEqual({ at: 1_000, value: NOTHING });
  });

  it('G17: at its limit it tells calls and bodies that are left, in total and by key', async () => {
    const unread = slowBody();
    const read = slowBody();
    const other = slowBody();
    const script = [() => unread.response, () => read.response, () => other.response, hang];
    const { clock, client } = make(double(...script), {
      policies: { totalTimeout: false, attemptTimeout: false },
    });
    const responses = [await client(`${A}/1`), await client(`${A}/2`), await client(`${B}/`)];
    void client(`${A}/3`).catch(() => {});
    const reading = responses[1]?.text();
    const note = noted(client.drain('3s'), clock);
    await clock.advance('1s');
    read.end();
    await reading;
    await clock.advance('2s');
    expect(note).toEqual({
      at: 3_000,
      value: {
        inFlight: 1,
        bodies: 2,
        byKey: { [A]: { inFlight: 1, bodies: 1 }, [B]: { inFlight: 0, bodies: 1 } },
      },
    });
    // What is left goes on.
    other.end();
    expect(await responses[2]?.text()).toBe('all of it');
    expect(await client.drain(0)).toMatchObject({ inFlight: 1, bodies: 1 });
  });

  it('G17: without a timeout, and without a signal, bodies are waited for as well', async () => {
    const body = slowBody();
    const { clock, client } = make(
      double(() => body.response),
      {
        policies: { totalTimeout: false, attemptTimeout: false },
      },
    );
    const text = (await client(`${A}/`)).text();
    const note = noted(client.drain(), clock);
    await clock.advance('10s');
    expect(note.at).toBeUndefined();
    body.end();
    await text;
    await clock.advance(0);
    expect(note).toEqual({ at: 10_000, value: NOTHING });
  });

  it.each([
    ['there is none', () => new Response(null, { status: 204 })],
    ['the double answers no Response', () => ({ status: 200 })],
    ['the double answers nothing', () => undefined],
    ['the double throws', () => Promise.reject(new Error('no'))],
    ['it failed for good', () => new Response('no', { status: 404 })],
  ])('G17: waits for no body where %s', async (_what, answer) => {
    const { client } = make(double(answer as never), { policies: { retry: false } });
    const result = await client(`${A}/`).catch(() => undefined);
    await result?.text?.().catch(() => {});
    expect(await client.drain(0)).toEqual(NOTHING);
  });

  it('G17: a clone that has been read is a body that has been read', async () => {
    const { client } = make(double(200));
    const response = await client(`${A}/`);
    const clone = response.clone();
    await clone.text();
    expect(await client.drain(0)).toEqual(NOTHING);
    await response.text();
    expect(await client.drain(0)).toEqual(NOTHING);
  });

  it('G17: one Response that is answered twice is counted off twice', async () => {
    const response = new Response('body');
    const { client } = make(double(() => response));
    await client(`${A}/`);
    await client(`${A}/`);
    expect(await client.drain(0)).toMatchObject({ bodies: 1 });
    await response.text();
    expect(await client.drain(0)).toEqual(NOTHING);
  });

  it('G17: a body that nobody has begun to read for five seconds does not hold it up', async () => {
    const { clock, client } = make(double(200));
    await client(`${A}/early`);
    await clock.advance('3s');
    const late = await client(`${A}/late`);
    const note = noted(client.drain(), clock);
    await clock.advance('4s');
    expect(note.at).toBeUndefined();
    await clock.advance('1s');
    expect(note).toEqual({ at: 5_000, value: NOTHING });
    expect(await late.text()).toBe('body');
    expect(await client.drain(0)).toEqual(NOTHING);
  });

  it('G17: one that came while it drained does not either, and one that is read is waited for', async () => {
    const body = slowBody();
    const answer = deferred<Response>();
    const { clock, client } = make(
      double(
        () => answer.promise,
        () => body.response,
      ),
    );
    const slow = client(`${A}/`);
    const response = await client(`${A}/`);
    const note = noted(client.drain(), clock);
    await clock.advance('2s');
    answer.resolve(new Response('late'));
    await slow;
    const text = response.text();
    await clock.advance('12s');
    expect(await client.drain(0)).toMatchObject({ bodies: 1 });
    expect(note.at).toBeUndefined();
    body.end();
    expect(await text).toBe('all of it');
    await clock.advance(0);
    expect(note).toEqual({ at: 14_000, value: NOTHING });
  });

  it('G17: bodies that nobody reads are not kept count of for ever', async () => {
    const { clock, client } = make(double(200));
    for (let i = 0; i < 10; i++) {
      await client(`${A}/`);
      await clock.advance('2s');
    }
    expect((await client.drain(0)).bodies).toBeLessThanOrEqual(3);
  });

  it('G17: waits for the bodies of keys that have made room for others', async () => {
    const body = slowBody();
    const { clock, client } = make(
      double(() => body.response, 200),
      { maxKeys: 1 },
    );
    const text = (await client(`${A}/`)).text();
    await (await client(`${B}/`)).text();
    expect(Object.keys(client.snapshot())).toEqual([B]);
    const note = noted(client.drain(), clock);
    await clock.advance('5s');
    expect(note.at).toBeUndefined();
    body.end();
    await text;
    await clock.advance(0);
    expect(note).toEqual({ at: 5_000, value: NOTHING });
  });

  it('G17: the keys of a function of policies are drained like any', async () => {
    const { client } = make(double(200), { policies: () => ({ retry: false }) });
    await (await client(`${A}/`)).text();
    expect(await client.drain()).toEqual(NOTHING);
    await expect(client(`${A}/`)).rejects.toThrow(DrainingError);
    await expect(client(`${B}/`)).rejects.toThrow(DrainingError);
  });
});
