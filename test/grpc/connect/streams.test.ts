import * as http from 'node:http';
import { toBinary } from '@bufbuild/protobuf';
import type { Interceptor, StreamResponse } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { serve, WAYS } from '../../fixtures/connect/servers.js';
import type { Line } from '../../fixtures/connect/stock.js';
import { LineSchema, line } from '../../fixtures/connect/stock.js';
import {
  AT_ONCE,
  aborted,
  afterwards,
  breakerOf,
  caught,
  clientOf,
  gate,
  ofType,
  started,
} from './stock-client.js';

async function all(messages: AsyncIterable<Line>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of messages) texts.push(text);
  return texts;
}

/** Messages of a request, and how often somebody began to read them. */
function counted(...texts: string[]) {
  const count = { begun: 0 };
  const messages: AsyncIterable<Line> = {
    async *[Symbol.asyncIterator]() {
      count.begun++;
      for (const text of texts) yield line(text);
    },
  };
  return { count, messages };
}

describe.each(WAYS)('a stream from the server, %s', (way) => {
  it('W16: is sent again while nothing has come, and not after that', async () => {
    const asked: string[] = [];
    const server = await started(way, {
      async *take({ text }) {
        asked.push(text);
        if (text === 'early' && asked.length < 3) throw new ConnectError('no', Code.Unavailable);
        yield line('one');
        if (text === 'late') throw new ConnectError('no more', Code.Unavailable);
        yield line('two');
      },
    });
    // Its time stands still: after headers, a failure is waited for as long as it takes.
    const clock = new VirtualClock();
    const { client, events } = clientOf(way, server.baseUrl, { clock });
    expect(await all(client.take({ text: 'early' }))).toEqual(['one', 'two']);
    expect(asked).toEqual(['early', 'early', 'early']);
    asked.length = 0;
    const got: string[] = [];
    const error = await caught(
      (async () => {
        for await (const { text } of client.take({ text: 'late' })) got.push(text);
      })(),
    );
    expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: 'no more' });
    expect(got).toEqual(['one']);
    expect(asked).toEqual(['late']);
    expect(ofType(events, 'body_failure')).toMatchObject([{ error: { name: 'UNAVAILABLE' } }]);
  });

  it('that is empty ends, and headers and trailers come through', async () => {
    const server = await started(way, {
      // biome-ignore lint/correctness/useYield: an empty stream.
      async *watch(_, { responseHeader, responseTrailer }) {
        responseHeader.set('x-head', 'h');
        responseTrailer.set('x-tail', 't');
      },
    });
    const { client, own } = clientOf(way, server.baseUrl);
    const told: (string | null)[] = [];
    const messages = client.watch(
      {},
      {
        onHeader: (headers) => told.push(headers.get('x-head')),
        onTrailer: (trailers) => told.push(trailers.get('x-tail')),
      },
    );
    expect(await all(messages)).toEqual([]);
    expect(told).toEqual(['h', 't']);
    expect(await own.drain()).toEqual({ inFlight: 0, streams: 0, byKey: {} });
  });

  it('W16: is not bound by the times of the policies, which the server does not hear of either', async () => {
    const clock = new VirtualClock();
    const next = gate();
    let timeoutMs: number | undefined;
    const server = await started(way, {
      async *watch(_, context) {
        timeoutMs = context.timeoutMs();
        yield line('first');
        await next.opened;
        yield line('second');
      },
    });
    const { client } = clientOf(way, server.baseUrl, { clock, idleTimeout: false });
    const messages = client.watch({})[Symbol.asyncIterator]();
    await messages.next();
    const second = messages.next();
    await clock.advance('1h');
    next.open();
    expect((await second).value).toMatchObject({ text: 'second' });
    expect((await messages.next()).done).toBe(true);
    expect(timeoutMs).toBeUndefined();
  });

  it('W16: that stalls while somebody reads is cancelled: UNAVAILABLE, and a failure', async () => {
    const clock = new VirtualClock();
    const gone = gate();
    const server = await started(way, {
      async *watch(_, { signal }) {
        yield line('first');
        await aborted(signal);
        gone.open();
      },
    });
    const { client, own, events } = clientOf(way, server.baseUrl, { clock, idleTimeout: '20s' });
    const messages = client.watch({})[Symbol.asyncIterator]();
    await messages.next();
    // Nobody reads: that time does not count.
    await clock.advance('1m');
    const second = caught(messages.next());
    await clock.advance(19_999);
    expect(ofType(events, 'body_failure')).toEqual([]);
    await clock.advance(1);
    const error = await second;
    expect(error.code).toBe(Code.Unavailable);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(error.cause).toMatchObject({ policy: 'idle_timeout', timeoutMs: 20_000 });
    await gone.opened;
    expect(ofType(events, 'body_failure')).toMatchObject([{ error: { name: 'UNAVAILABLE' } }]);
    expect(breakerOf(own)).toMatchObject({ window: { calls: 1, failures: 1 } });
    expect((await own.drain()).streams).toBe(0);
  });

  it('W16: ends with the connection, as a failure', async () => {
    const server = await started(way, {
      async *watch(_, { signal }) {
        yield line('first');
        await aborted(signal);
      },
    });
    const { client, own, events } = clientOf(way, server.baseUrl);
    const messages = client.watch({})[Symbol.asyncIterator]();
    await messages.next();
    const second = caught(messages.next());
    await server.kill();
    await second;
    expect(ofType(events, 'body_failure')).toMatchObject([{ error: { name: 'UNAVAILABLE' } }]);
    expect(breakerOf(own)).toMatchObject({ window: { calls: 1, failures: 1 } });
  });

  it('W5, W16: ends at once when the caller cancels, and the server hears of it', async () => {
    const gone = gate();
    const server = await started(way, {
      async *watch(_, { signal }) {
        yield line('first');
        await aborted(signal);
        gone.open();
      },
    });
    const { client, own, events } = clientOf(way, server.baseUrl);
    const caller = new AbortController();
    const messages = client.watch({}, { signal: caller.signal })[Symbol.asyncIterator]();
    await messages.next();
    const second = caught(messages.next());
    const reason = new Error('enough');
    caller.abort(reason);
    const error = await second;
    expect(error).toMatchObject({ code: Code.Canceled, rawMessage: 'enough' });
    expect(error.cause).toBe(reason);
    await gone.opened;
    expect(ofType(events, 'body_failure')).toEqual([]);
    expect((await own.drain()).streams).toBe(0);
  });

  it('W16: is cancelled when another interceptor ends it', async () => {
    const gone = gate();
    const server = await started(way, {
      async *watch(_, { signal }) {
        yield line('first');
        await aborted(signal);
        gone.open();
      },
    });
    const onlyFirst: Interceptor = (next) => async (request) => {
      const response = (await next(request)) as StreamResponse;
      async function* first() {
        for await (const each of response.message) {
          yield each;
          return;
        }
      }
      return { ...response, message: first() };
    };
    const { client, own } = clientOf(way, server.baseUrl, {}, { outside: [onlyFirst] });
    expect(await all(client.watch({}))).toEqual(['first']);
    await gone.opened;
    expect((await own.drain()).streams).toBe(0);
  });

  it('W12: is waited for by a drain', async () => {
    const last = gate();
    const server = await started(way, {
      async *watch() {
        yield line('first');
        await last.opened;
        yield line('last');
      },
    });
    const { client, own } = clientOf(way, server.baseUrl);
    const messages = client.watch({})[Symbol.asyncIterator]();
    await messages.next();
    expect(await own.drain(0)).toMatchObject({ inFlight: 0, streams: 1 });
    const drained = own.drain();
    last.open();
    expect((await messages.next()).value).toMatchObject({ text: 'last' });
    expect((await messages.next()).done).toBe(true);
    expect(await drained).toMatchObject({ inFlight: 0, streams: 0 });
  });
});

describe.each(['connect over 1.1', 'connect over 2', 'grpc over 2'] as const)(
  'a stream to the server, %s',
  (way) => {
    it('W16: is not sent again once it has begun', async () => {
      let runs = 0;
      const server = await started(way, {
        async upload(requests) {
          runs++;
          for await (const { text } of requests) if (text === 'b') break;
          throw new ConnectError('not now', Code.Unavailable);
        },
      });
      const { client } = clientOf(way, server.baseUrl, { idempotent: true });
      const { count, messages } = counted('a', 'b');
      const error = await caught(client.upload(messages));
      expect(error.code).toBe(Code.Unavailable);
      expect(runs).toBe(1);
      expect(count.begun).toBe(1);
    });

    it('W16: is sent again if there was no server', async () => {
      const methods = {
        async upload(requests: AsyncIterable<Line>) {
          return line((await all(requests)).join('+'));
        },
      };
      const { port, baseUrl, kill } = await started(way, methods);
      await kill();
      let attempts = 0;
      const startsLate: Interceptor = (next) => async (request) => {
        if (++attempts === 2) await started(way, methods, port);
        return next(request);
      };
      const { client } = clientOf(way, baseUrl, {}, { inside: [startsLate] });
      const { count, messages } = counted('a', 'b');
      expect((await client.upload(messages)).text).toBe('a+b');
      expect(attempts).toBe(2);
      expect(count.begun).toBe(1);
    });

    it('W16: may take longer than an attempt', async () => {
      const clock = new VirtualClock();
      const server = await started(way, {
        async upload(requests) {
          return line((await all(requests)).join('+'));
        },
      });
      const policies = { ...AT_ONCE, attemptTimeout: '1s', totalTimeout: '1h' } as const;
      const { client } = clientOf(way, server.baseUrl, { clock, policies });
      async function* slowly() {
        yield line('a');
        await clock.advance('1m');
        yield line('b');
      }
      expect((await client.upload(slowly())).text).toBe('a+b');
    });
  },
);

describe.each(['connect over 2', 'grpc over 2'] as const)('a stream both ways, %s', (way) => {
  it('W16: goes on for as long as something moves', async () => {
    const clock = new VirtualClock();
    const server = await started(way, {
      async *chat(requests) {
        for await (const { text } of requests) if (text !== 'quiet') yield line(`re: ${text}`);
      },
    });
    const { client } = clientOf(way, server.baseUrl, { clock, idleTimeout: '30s' });
    const begun = gate();
    async function* speak() {
      yield line('a');
      await begun.opened;
      for (const text of ['quiet', 'quiet', 'quiet', 'b']) {
        await clock.advance('20s');
        yield line(text);
      }
    }
    const messages = client.chat(speak())[Symbol.asyncIterator]();
    expect((await messages.next()).value).toMatchObject({ text: 're: a' });
    const second = messages.next();
    begun.open();
    expect((await second).value).toMatchObject({ text: 're: b' });
    expect((await messages.next()).done).toBe(true);
  });

  it('W16: ends when nothing moves', async () => {
    const clock = new VirtualClock();
    const heard = gate();
    const server = await started(way, {
      async *chat(requests, { signal }) {
        yield line('hello');
        for await (const _ of requests) heard.open();
        await aborted(signal);
      },
    });
    const { client, events } = clientOf(way, server.baseUrl, { clock });
    async function* speak() {
      yield line('a');
      await new Promise(() => {});
    }
    const messages = client.chat(speak())[Symbol.asyncIterator]();
    expect((await messages.next()).value).toMatchObject({ text: 'hello' });
    const error = caught(messages.next());
    await heard.opened;
    await clock.advance('30s');
    expect(await error).toMatchObject({ code: Code.Unavailable });
    expect(ofType(events, 'body_failure')).toHaveLength(1);
  });

  it('W16: waits for the caller, and after each message as long as an attempt may take', async () => {
    const clock = new VirtualClock();
    const sent = gate();
    const silent: Interceptor = () => async (request) => {
      const messages = (request.message as AsyncIterable<Line>)[Symbol.asyncIterator]();
      await messages.next();
      await messages.next();
      sent.open();
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    };
    const { client, events } = clientOf(way, 'http://127.0.0.1:1', { clock }, { inside: [silent] });
    async function* speak() {
      await clock.advance('1m');
      yield line('a');
      await clock.advance('9s');
      yield line('b');
    }
    const first = caught(client.chat(speak())[Symbol.asyncIterator]().next());
    await sent.opened;
    await clock.advance(9_999);
    expect(ofType(events, 'call')).toEqual([]);
    await clock.advance(1);
    const error = await first;
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(error.cause).toMatchObject({ policy: 'attempt_timeout' });
    expect(ofType(events, 'call')).toMatchObject([{ outcome: 'timeout', attempts: 1 }]);
  });

  it("W15: ends at the caller's deadline, as a timeout", async () => {
    const test = gate();
    afterwards(test.open);
    const server = await started(way, {
      async *chat() {
        await test.opened;
        yield line();
      },
    });
    const { client, events } = clientOf(way, server.baseUrl);
    async function* speak() {
      yield line('a');
      await new Promise(() => {});
    }
    const messages = client.chat(speak(), { timeoutMs: 100 })[Symbol.asyncIterator]();
    const error = await caught(messages.next());
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(ofType(events, 'call')).toMatchObject([{ outcome: 'timeout' }]);
  });
});

/** The bytes of a stream in the Connect protocol: flags, length and content of each part. */
function part(flags: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

describe('a stream whose server sends headers first', () => {
  it('W16: is handed over before its first message, which may take any time', async () => {
    const clock = new VirtualClock();
    const next = gate();
    const raw = http.createServer(async (_, response) => {
      response.writeHead(200, { 'content-type': 'application/connect+proto' }).flushHeaders();
      await next.opened;
      response.write(part(0, toBinary(LineSchema, line('at last'))));
      response.end(part(2, Buffer.from('{}')));
    });
    const server = await serve(raw);
    afterwards(() => server.kill());
    const headers = gate();
    const seen: Interceptor = (send) => async (request) => {
      const response = await send(request);
      headers.open();
      return response;
    };
    const options = { clock, idleTimeout: false } as const;
    const around = { inside: [seen] };
    const { client, own, events } = clientOf('connect over 1.1', server.baseUrl, options, around);
    const messages = client.watch({})[Symbol.asyncIterator]();
    const first = messages.next();
    await headers.opened;
    const handed = new Promise((resolve) => own.on('call', resolve));
    for (let i = 0; i < 100 && events.length === 0; i++) await turn();
    expect(events).toEqual([]);
    await clock.advance(1_000);
    expect(await handed).toMatchObject({ outcome: 'success' });
    await clock.advance('1h');
    next.open();
    expect((await first).value).toMatchObject({ text: 'at last' });
    expect((await messages.next()).done).toBe(true);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
