import * as http2 from 'node:http2';
import type { Interceptor } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import {
  BulkheadFullError,
  CircuitOpenError,
  DrainingError,
  TimeoutError,
} from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { serve, WAYS } from '../../fixtures/connect/servers.js';
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

describe.each(WAYS)('a unary call, %s', (way) => {
  it('W2, W13: is repeated after UNAVAILABLE, with the number of attempts before it', async () => {
    const before: (string | null)[] = [];
    const server = await started(way, {
      reserve(request, { requestHeader }) {
        before.push(requestHeader.get('grpc-previous-rpc-attempts'));
        if (before.length < 3) throw new ConnectError('not now', Code.Unavailable);
        return line(request.text, 7);
      },
    });
    const { client, events } = clientOf(way, server.baseUrl);
    const answer = await client.reserve({ text: 'twice' });
    expect(answer).toMatchObject({ text: 'twice', number: 7 });
    expect(before).toEqual([null, '1', '2']);
    const told = ofType(events, 'attempt').map(({ outcome, status }) => [outcome, status]);
    expect(told).toEqual([
      ['failure', 14],
      ['failure', 14],
      ['success', undefined],
    ]);
  });

  it('W7, W14: is not repeated after an answer, and the error is that of the server', async () => {
    const server = await started(way, {
      read() {
        const details = [{ desc: LineSchema, value: { text: 'left', number: 3 } }];
        throw new ConnectError('sold out', Code.FailedPrecondition, { 'x-own': 'kept' }, details);
      },
    });
    const { client, events } = clientOf(way, server.baseUrl);
    const error = await caught(client.read({}));
    expect(error).toMatchObject({ code: Code.FailedPrecondition, rawMessage: 'sold out' });
    expect(error.metadata.get('x-own')).toBe('kept');
    expect(error.findDetails(LineSchema)).toMatchObject([{ text: 'left', number: 3 }]);
    expect(server.requests).toBe(1);
    // An answer, and no failure of the upstream.
    expect(ofType(events, 'call')).toMatchObject([{ outcome: 'success', attempts: 1 }]);
  });

  it('W2, W13: is repeated after a broken connection if the method says that it may run twice', async () => {
    const server = await started(way, {
      read: (_, { signal }) => begin(signal),
      put: (_, { signal }) => begin(signal),
      reserve: (_, { signal }) => begin(signal),
    });
    let runs = 0;
    async function begin(signal: AbortSignal) {
      if (++runs > 1) return line('there', runs);
      server.cut();
      await aborted(signal);
      return line();
    }
    const { client, events } = clientOf(way, server.baseUrl);
    expect((await client.read({})).number).toBe(2);
    runs = 0;
    expect((await client.put({})).number).toBe(2);
    runs = 0;
    const error = await caught(client.reserve({}));
    expect(runs).toBe(1);
    // The error is the transport's, which has its own word for it.
    expect([Code.Aborted, Code.Canceled, Code.Internal]).toContain(error.code);
    // To policies it is what gRPC calls it.
    expect(ofType(events, 'attempt').at(-1)).toMatchObject({
      outcome: 'failure',
      error: { name: 'UNAVAILABLE', code: 14, cause: error },
    });
  });

  it('W2, W13: is repeated whatever the method if there was no server to send it to', async () => {
    const methods = { reserve: () => line('here', 1) };
    const { port, baseUrl, kill } = await started(way, methods);
    await kill();
    let attempts = 0;
    const startsLate: Interceptor = (next) => async (request) => {
      if (++attempts === 3) await started(way, methods, port);
      return next(request);
    };
    const { client } = clientOf(way, baseUrl, {}, { inside: [startsLate] });
    expect((await client.reserve({})).text).toBe('here');
    expect(attempts).toBe(3);
  });

  it('W14: ends with the error of the network if there is never a server', async () => {
    const { baseUrl, kill } = await started(way, {});
    await kill();
    const { client, events } = clientOf(way, baseUrl);
    const error = await caught(client.reserve({}));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(ofType(events, 'call')).toMatchObject([{ outcome: 'failure', attempts: 4 }]);
  });

  it('W3, W13: waits as long as the server asks, or does not come back at all', async () => {
    const answers = [{ 'grpc-retry-pushback-ms': '31' }, { 'retry-after': '0' }];
    let pushback: Record<string, string> = {};
    let runs = 0;
    const server = await started(way, {
      reserve() {
        const asked = answers[runs++];
        if (asked !== undefined) throw new ConnectError('later', Code.Unavailable, asked);
        return line('now');
      },
      read() {
        runs++;
        throw new ConnectError('no', Code.Unavailable, pushback);
      },
    });
    const { client, events } = clientOf(way, server.baseUrl);
    expect((await client.reserve({})).text).toBe('now');
    const [first, second] = ofType(events, 'retry');
    expect(first?.delayMs).toBeGreaterThanOrEqual(31);
    expect(first?.delayMs).toBeLessThan(31 * 1.25);
    expect(second?.delayMs).toBe(0);
    for (const forbids of ['-1', 'soon', '1, 2']) {
      pushback = { 'grpc-retry-pushback-ms': forbids };
      runs = 0;
      await caught(client.read({}));
      expect(runs).toBe(1);
    }
  });

  it('W2: RESOURCE_EXHAUSTED is not repeated, unless told so', async () => {
    let runs = 0;
    const server = await started(way, {
      reserve() {
        if (++runs === 1) throw new ConnectError('too many', Code.ResourceExhausted);
        return line('room');
      },
    });
    const error = await caught(clientOf(way, server.baseUrl).client.reserve({}));
    expect(error.code).toBe(Code.ResourceExhausted);
    runs = 0;
    const retryable = ['RESOURCE_EXHAUSTED'] as const;
    const { client } = clientOf(way, server.baseUrl, { retryable });
    expect((await client.reserve({})).text).toBe('room');
  });

  it('W15: the server hears the time that the attempt has left', async () => {
    const left: (number | undefined)[] = [];
    const server = await started(way, {
      read(_, context) {
        left.push(context.timeoutMs());
        return line();
      },
    });
    // Longer than a test may take, so that none is over on a slow machine.
    const policies = { attemptTimeout: '2m', totalTimeout: '9m' } as const;
    const { client } = clientOf(way, server.baseUrl, { policies });
    await client.read({});
    await client.read({}, { timeoutMs: 3_600_000 });
    await client.read({}, { timeoutMs: 60_000 });
    const none = { totalTimeout: false, attemptTimeout: false } as const;
    await clientOf(way, server.baseUrl, { policies: none }).client.read({});
    await clientOf(way, server.baseUrl, { policies: none }).client.read({}, { timeoutMs: 300_000 });
    const [own, longer, shorter, free, caller] = left;
    for (const each of [own, longer]) {
      expect(each).toBeGreaterThan(60_000);
      expect(each).toBeLessThanOrEqual(120_000);
    }
    expect(shorter).toBeLessThanOrEqual(60_000);
    expect(free).toBeUndefined();
    expect(caller).toBeGreaterThan(120_000);
    expect(caller).toBeLessThanOrEqual(300_000);
  });

  it('W4: an attempt that takes too long is cancelled at the server, and repeated if the method may run twice', async () => {
    const clock = new VirtualClock();
    let gone = gate();
    let running = gate();
    let runs = 0;
    const test = gate();
    afterwards(test.open);
    const hang = async (signal: AbortSignal) => {
      if (++runs > 1) return line('second');
      void aborted(signal).then(gone.open);
      running.open();
      // It does not even notice that the time is over.
      await test.opened;
      return line();
    };
    const server = await started(way, {
      read: (_, { signal }) => hang(signal),
      reserve: (_, { signal }) => hang(signal),
    });
    const policies = { ...AT_ONCE, attemptTimeout: '1m', totalTimeout: '9m' } as const;
    const { client } = clientOf(way, server.baseUrl, { policies, clock });
    const read = client.read({});
    await running.opened;
    await clock.advance('1m');
    expect((await read).text).toBe('second');
    await gone.opened;
    runs = 0;
    gone = gate();
    running = gate();
    const reserved = caught(client.reserve({}));
    await running.opened;
    await clock.advance('1m');
    const error = await reserved;
    await gone.opened;
    expect(runs).toBe(1);
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(error.cause).toMatchObject({ policy: 'attempt_timeout', pipeline: 'connect' });
  });

  it("W15: the caller's deadline ends it as a timeout, which counts", async () => {
    // In real time, a server that hears of the deadline may be quicker than the client.
    const clock = new VirtualClock();
    const running = gate();
    const test = gate();
    afterwards(test.open);
    const server = await started(way, {
      read: async () => {
        running.open();
        await test.opened;
        return line();
      },
    });
    const policies = { ...AT_ONCE, attemptTimeout: '2m', totalTimeout: '9m' } as const;
    const { client, own, events } = clientOf(way, server.baseUrl, { policies, clock });
    const read = caught(client.read({}, { timeoutMs: 60_000 }));
    await running.opened;
    await clock.advance('1m');
    const error = await read;
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(ofType(events, 'call')).toMatchObject([{ outcome: 'timeout', attempts: 1 }]);
    expect(breakerOf(own)).toMatchObject({ window: { calls: 1, failures: 1 } });
  });

  it('W5, W14: the caller cancels: at the server, in a wait, and before anything is sent', async () => {
    const running = gate();
    const gone = gate();
    const server = await started(way, {
      read: async (_, { signal }) => {
        running.open();
        await aborted(signal);
        gone.open();
        return line();
      },
      reserve() {
        throw new ConnectError('later', Code.Unavailable);
      },
    });
    const waits = { policies: { retry: { backoff: () => 60_000 }, totalTimeout: false } } as const;
    const { client, events, own } = clientOf(way, server.baseUrl, waits);
    const reason = new Error('the user has left');

    const first = new AbortController();
    const call = caught(client.read({}, { signal: first.signal }));
    await running.opened;
    first.abort(reason);
    const error = await call;
    expect(error).toMatchObject({ code: Code.Canceled, rawMessage: 'the user has left' });
    expect(error.cause).toBe(reason);
    await gone.opened;

    const second = new AbortController();
    own.on('retry', () => second.abort(reason));
    expect((await caught(client.reserve({}, { signal: second.signal }))).cause).toBe(reason);

    const { requests } = server;
    expect((await caught(client.read({}, { signal: second.signal }))).code).toBe(Code.Canceled);
    expect(server.requests).toBe(requests);
    const told = ofType(events, 'call').map(({ outcome }) => outcome);
    expect(told).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(breakerOf(own)).toMatchObject({ window: { failures: 1 } });
  });

  it('W8, W14: a refusal is a ConnectError, with what happened as its cause', async () => {
    const full = gate();
    const running = gate();
    const server = await started(way, {
      read: async () => {
        running.open();
        await full.opened;
        return line();
      },
      reserve() {
        throw new ConnectError('down', Code.Unavailable, { 'grpc-retry-pushback-ms': '-1' });
      },
    });
    const bulkhead = { maxConcurrent: 1 };
    const narrow = clientOf(way, server.baseUrl, { policies: { bulkhead } });
    const one = narrow.client.read({});
    await running.opened;
    const busy = await caught(narrow.client.read({}));
    expect(busy.code).toBe(Code.ResourceExhausted);
    expect(busy.cause).toBeInstanceOf(BulkheadFullError);
    expect(busy.findDetails(LineSchema)).toEqual([]);
    full.open();
    await one;
    expect(await narrow.own.drain()).toMatchObject({ inFlight: 0, streams: 0 });
    const drained = await caught(narrow.client.read({}));
    expect(drained.code).toBe(Code.Unavailable);
    expect(drained.cause).toBeInstanceOf(DrainingError);

    const circuitBreaker = { minimumCalls: 2, failureRate: 0.5 };
    const clock = new VirtualClock();
    const broken = clientOf(way, server.baseUrl, { policies: { circuitBreaker }, clock });
    const failed: ConnectError[] = [];
    while (failed.at(-1)?.cause === undefined && failed.length < 10) {
      failed.push(await caught(broken.client.reserve({})));
      await clock.advance(200);
    }
    const open = failed.at(-1) as ConnectError;
    expect(open.code).toBe(Code.Unavailable);
    expect(open.cause).toBeInstanceOf(CircuitOpenError);
    expect(open.cause).toMatchObject({ key: `127.0.0.1:${server.port}` });
  });

  it('W17: other interceptors act once a call outside, and on each attempt inside', async () => {
    const server = await started(way, {
      reserve(_, { requestHeader }) {
        if (requestHeader.get('grpc-previous-rpc-attempts') !== '1') {
          throw new ConnectError('not now', Code.Unavailable);
        }
        return line(String(requestHeader.get('x-seen')));
      },
    });
    const order: string[] = [];
    const named =
      (name: string): Interceptor =>
      (next) =>
      async (request) => {
        order.push(name);
        // A header that is added to what is there shows whether attempts share their headers.
        request.header.append('x-seen', name);
        return next(request);
      };
    const around = { outside: [named('outside')], inside: [named('inside')] };
    const { client } = clientOf(way, server.baseUrl, {}, around);
    expect((await client.reserve({})).text).toBe('outside, inside');
    expect(order).toEqual(['outside', 'inside', 'inside']);
  });

  it('W14: the error of another interceptor stays as it is, and counts for nothing', async () => {
    const server = await started(way, { read: () => line() });
    const fault = new TypeError('no token');
    const failing: Interceptor = () => async () => {
      throw fault;
    };
    const { client, own, events } = clientOf(way, server.baseUrl, {}, { inside: [failing] });
    const error = await caught(client.read({}));
    expect(error.code).toBe(Code.Unknown);
    expect(error.cause).toBe(fault);
    expect(ofType(events, 'attempt')).toHaveLength(1);
    expect(breakerOf(own)).toMatchObject({ window: { calls: 0 } });
  });
});

describe.each([
  ['connect over 1.1', 5_000],
  ['grpc over 2', 500],
] as const)('many calls, %s', (way, calls) => {
  it('W17: leave nothing behind', async () => {
    const server = await started(way, {
      reserve(request) {
        if (request.number % 10 === 0) throw new ConnectError('no', Code.NotFound);
        return line();
      },
    });
    const { client, own } = clientOf(way, server.baseUrl);
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < calls) {
        const number = sent++;
        const timeoutMs = number % 2 === 0 ? 30_000 : undefined;
        await client.reserve({ number }, { signal, timeoutMs } as never).catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(server.requests).toBe(calls);
    expect(await own.drain()).toEqual({ inFlight: 0, streams: 0, byKey: {} });
    expect(server.connections).toBeLessThanOrEqual(8);
    expect(listeners).toBeLessThanOrEqual(1);
  }, 300_000);
});

describe.each(['connect over 2', 'grpc over 2'] as const)('HTTP/2, %s', (way) => {
  it.each([
    ['is repeated whatever the method after a refused stream', 'NGHTTP2_REFUSED_STREAM', 2],
    ['is not repeated after another reset', 'NGHTTP2_CANCEL', 1],
    ['is not repeated after too many streams', 'NGHTTP2_ENHANCE_YOUR_CALM', 1],
  ] as const)('W13: a call %s', async (_, code, expected) => {
    let streams = 0;
    const raw = http2.createServer();
    raw.on('stream', (stream) => {
      stream.on('error', () => {});
      if (++streams < 3) stream.close(http2.constants[code]);
      else stream.respond({ ':status': 503, 'retry-after': '0' }, { endStream: true });
    });
    const server = await serve(raw);
    afterwards(() => server.kill());
    const policies = { retry: { backoff: () => 0, maxRetries: 1 } };
    const { client } = clientOf(way, server.baseUrl, { policies });
    await caught(client.reserve({}));
    expect(streams).toBe(expected);
  });
});
