import * as http from 'node:http';
import type { Interceptor } from '@connectrpc/connect';
import { Code, createClient } from '@connectrpc/connect';
import { createFetchClient } from '@connectrpc/connect/protocol';
import { createTransport } from '@connectrpc/connect/protocol-connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import type { GrpcOptions } from '../../../src/grpc/index.js';
import { connectInterceptor, deadlineOf } from '../../../src/grpc/index.js';
import type { PipelineEvent } from '../../../src/index.js';
import {
  ConfigError,
  DrainingError,
  fallback,
  pipeline,
  registry,
  TimeoutError,
} from '../../../src/index.js';
import { joinMaps } from '../../../src/registry/map/join-maps.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { transportOf } from '../../fixtures/connect/servers.js';
import { line, Stock } from '../../fixtures/connect/stock.js';
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

const WAY = 'connect over 2';

describe('connectInterceptor', () => {
  it.each<[unknown, string]>([
    [{ retries: 3 }, 'connectInterceptor.retries'],
    [{ idleTimeout: 0 }, 'connectInterceptor.idleTimeout'],
    [{ retryable: ['GONE'] }, 'connectInterceptor.retryable'],
    [{ policies: [fallback('no')] }, 'connectInterceptor.policies'],
    [{ name: '' }, 'connectInterceptor.name'],
  ])('refuses wrong options: %o', (options, path) => {
    let error: unknown;
    try {
      connectInterceptor(options as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ path });
  });

  it('is an interceptor of connect-es by its type', () => {
    const own = connectInterceptor();
    const typed: Interceptor = own;
    const breaker = own.snapshot()['x']?.policies.circuit_breaker?.state;
    expect([typeof typed, breaker]).toEqual(['function', undefined]);
    own.dispose();
  });

  it('W1: has state of its own for each authority, or as it is told', async () => {
    const one = await started(WAY, { read: () => line('one') });
    const two = await started(WAY, { read: () => line('two') });
    const own = connectInterceptor({ telemetry: false });
    const byService = connectInterceptor({ key: ({ service }) => service, telemetry: false });
    for (const { baseUrl } of [one, two]) {
      const { transport, close } = transportOf(WAY, baseUrl, [own, byService]);
      afterwards(close);
      await createClient(Stock, transport).read({});
    }
    const both = [one, two].map(({ port }) => `127.0.0.1:${port}`);
    expect(Object.keys(own.snapshot())).toEqual(both);
    expect(Object.keys(byService.snapshot())).toEqual(['holdfast.test.v1.Stock']);
  });

  it('W13: repeats a GET', async () => {
    const lines: string[] = [];
    const server = http.createServer((request, response) => {
      lines.push(`${request.method} ${request.headers['grpc-previous-rpc-attempts']}`);
      if (lines.length === 1) {
        response.writeHead(503).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/proto' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterwards(() => server.close());
    const agent = new http.Agent();
    afterwards(() => agent.destroy());
    const { port } = server.address() as { port: number };
    const transport = createConnectTransport({
      baseUrl: `http://127.0.0.1:${port}`,
      httpVersion: '1.1',
      useHttpGet: true,
      nodeOptions: { agent },
      interceptors: [connectInterceptor({ policies: { retry: { backoff: () => 0 } } })],
    });
    await createClient(Stock, transport).read({ text: 'x' });
    expect(lines).toEqual(['GET undefined', 'GET 1']);
  });

  it('W15: as a server makes calls: they give up together with the call that is served', async () => {
    const gone = gate();
    let isReached = false;
    const test = gate();
    afterwards(test.open);
    const behind = await started(WAY, {
      read: async (_, { signal }) => {
        isReached = true;
        void aborted(signal).then(gone.open);
        await test.opened;
        return line();
      },
    });
    const { client: inner, events } = clientOf(WAY, behind.baseUrl);
    let left: number | undefined;
    const front = await started(WAY, {
      read: async (request, context) => {
        left = deadlineOf(context) - performance.now();
        const { signal } = context;
        return inner.read(request, { signal, timeoutMs: context.timeoutMs() } as never);
      },
    });
    const { client } = clientOf(WAY, front.baseUrl);
    // Servers keep real time: it gets longer until the machine is quick enough to reach the second one in it.
    let timeoutMs = 75;
    while (!isReached) {
      timeoutMs *= 4;
      const error = await caught(client.read({}, { timeoutMs }));
      expect(error.code).toBe(Code.DeadlineExceeded);
    }
    await gone.opened;
    expect(left).toBeLessThanOrEqual(timeoutMs);
    const isOver = () => ofType(events, 'call').some(({ attempts }) => attempts === 1);
    await expect.poll(isOver, { timeout: 20_000 }).toBe(true);
    for (const { outcome, attempts } of ofType(events, 'call')) {
      expect(['timeout', 'cancelled']).toContain(outcome);
      expect(attempts).toBeLessThanOrEqual(1);
    }
  });

  it('W15: in a pipeline of the caller: its timeout cancels the call', async () => {
    const clock = new VirtualClock();
    const running = gate();
    const gone = gate();
    const server = await started(WAY, {
      read: async (_, { signal }) => {
        running.open();
        await aborted(signal);
        gone.open();
        return line();
      },
    });
    const { client } = clientOf(WAY, server.baseUrl);
    const outside = pipeline({ name: 'outside', clock });
    const call = outside.execute(({ signal }) => client.read({}, { signal }), { timeout: 100 });
    call.catch(() => {});
    await running.opened;
    await clock.advance(100);
    await expect(call).rejects.toBeInstanceOf(TimeoutError);
    await gone.opened;
  });

  it('W16: cancels a stream that nobody holds any more', async () => {
    const gone = gate();
    const server = await started(WAY, {
      async *watch(_, { signal }) {
        yield line('first');
        await aborted(signal);
        gone.open();
      },
    });
    const { client, own } = clientOf(WAY, server.baseUrl);
    // connect-es does not tell interceptors that a loop was left.
    for await (const { text } of client.watch({})) {
      expect(text).toBe('first');
      break;
    }
    let over = false;
    void gone.opened.then(() => {
      over = true;
    });
    while (!over) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await gone.opened;
    expect((await own.drain()).streams).toBe(0);
  });

  it('W2, W13: a policy that asks for a second attempt gets none if the first may have run', async () => {
    let runs = 0;
    const server = await started(WAY, {
      async reserve(_, { signal }) {
        runs++;
        server.cut();
        await aborted(signal);
        return line();
      },
    });
    const retry = { backoff: () => 0, handle: () => true };
    const { client } = clientOf(WAY, server.baseUrl, { policies: { retry } });
    await caught(client.reserve({}));
    expect(runs).toBe(1);
  });

  it('W8: what one inside refuses is no failure of the upstream, and is not tried again', async () => {
    const server = await started(WAY, { read: () => line() });
    const inside = connectInterceptor({ name: 'inside', telemetry: false });
    await inside.drain();
    const { client, own, events } = clientOf(WAY, server.baseUrl, {}, { inside: [inside] });
    const error = await caught(client.read({}));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.cause).toBeInstanceOf(DrainingError);
    expect(error.cause).toMatchObject({ pipeline: 'inside' });
    expect(ofType(events, 'call')).toMatchObject([{ attempts: 1 }]);
    expect(breakerOf(own)).toMatchObject({ window: { calls: 0 } });
  });

  it('joins a registry', async () => {
    const all = registry();
    const own = connectInterceptor({ registry: all, critical: true, telemetry: false });
    expect(all.get('connect')).toMatchObject({ kind: 'grpc', critical: true, of: own });
    own.dispose();
    expect(all.get('connect')).toBeUndefined();
  });

  it('W18: in joined maps, what is called is the service that listens at the host of the URL', async () => {
    const server = await started(WAY, { read: () => line() });
    const address = `127.0.0.1:${server.port}`;
    const stock = await registry().map({ service: 'stock', addresses: [address] });
    const toOf = async (options: GrpcOptions): Promise<string[]> => {
      const own = registry();
      const { client } = clientOf(WAY, server.baseUrl, { registry: own, ...options });
      await client.read({});
      return joinMaps(await own.map({ service: 'web' }), stock).edges.map(({ to }) => to);
    };
    expect(await toOf({})).toEqual(['service:stock']);
    expect(await toOf({ key: () => 'one' })).toEqual(['dependency:connect']);
    expect(await toOf({ key: () => 'one', address: server.baseUrl })).toEqual(['service:stock']);
  });

  it('W13: knows what happened to a transport that uses fetch', async () => {
    const { baseUrl, kill } = await started('connect over 1.1', { read: () => line() });
    await kill();
    const own = connectInterceptor({ policies: AT_ONCE, telemetry: false });
    const events: PipelineEvent[] = [];
    own.on((event) => events.push(event));
    const limits = { compressMinBytes: 1_000, readMaxBytes: 1_000, writeMaxBytes: 1_000 };
    const transport = createTransport({
      baseUrl,
      httpClient: createFetchClient(globalThis.fetch),
      useBinaryFormat: true,
      useHttpGet: true,
      interceptors: [own],
      sendCompression: null,
      acceptCompression: [],
      ...limits,
    });
    const error = await caught(createClient(Stock, transport).read({}));
    // As without an interceptor.
    expect(error.code).toBe(Code.Unknown);
    expect(ofType(events, 'attempt')).toHaveLength(4);
    expect(ofType(events, 'attempt')[0]).toMatchObject({ error: { name: 'UNAVAILABLE' } });
  });
});
