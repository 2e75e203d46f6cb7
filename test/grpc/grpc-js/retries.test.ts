import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { PipelineEvent } from '../../../src/pipeline/contract/events.js';
import { errorOf, Stage, unary } from './harness.js';

type Unary = (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) => void;

const stage = new Stage();
afterEach(() => stage.down());

const policies = { retry: { initialDelay: 1, maxDelay: 1, budget: false } } as const;

/** A server that fails with a code so many times, and then answers. */
async function failing(code: number, times: number, more: { pushback?: string } = {}) {
  const seen: (string | Buffer)[][] = [];
  const handler: Unary = (call, answer) => {
    seen.push(call.metadata.get('grpc-previous-rpc-attempts'));
    if (seen.length > times) return answer(null, `${call.request}!`);
    const metadata = new Metadata();
    if (more.pushback !== undefined) metadata.set('grpc-retry-pushback-ms', more.pushback);
    answer({ code, details: 'not now', metadata });
  };
  const { address } = await stage.serve({ unary: handler });
  return { address, seen };
}

describe('retries over grpc-js', () => {
  it('W2: UNAVAILABLE is repeated, and each attempt tells how many were before', async () => {
    const { address, seen } = await failing(status.UNAVAILABLE, 2);
    expect(await unary(stage.client(address, { policies }), 'hello')).toBe('hello!');
    expect(seen).toEqual([[], ['1'], ['2']]);
  });

  it.each([
    [status.NOT_FOUND, undefined, 1],
    [status.ABORTED, undefined, 1],
    [status.RESOURCE_EXHAUSTED, undefined, 1],
    [status.UNKNOWN, undefined, 1],
    [status.UNKNOWN, true, 4],
    [status.INTERNAL, true, 4],
    [status.UNAVAILABLE, false, 1],
    [status.NOT_FOUND, true, 1],
  ])(
    'W2: status %i of a method that is idempotent: %s, is sent %i times',
    async (code, idempotent, sent) => {
      const { address, seen } = await failing(code, 10);
      const error = await errorOf(unary(stage.client(address, { policies, idempotent }), 'x'));
      expect(error).toMatchObject({ code, details: 'not now' });
      expect(seen).toHaveLength(sent);
    },
  );

  it('W2: codes that are told are repeated', async () => {
    const { address, seen } = await failing(status.ABORTED, 1);
    const client = stage.client(address, { policies, retryable: ['ABORTED'] });
    expect(await unary(client, 'x')).toBe('x!');
    expect(seen).toHaveLength(2);
  });

  it('W2: a function says which methods may run twice', async () => {
    const { address, seen } = await failing(status.INTERNAL, 1);
    const asked: unknown[] = [];
    const idempotent = (method: unknown): boolean => {
      asked.push(method);
      return true;
    };
    expect(await unary(stage.client(address, { policies, idempotent }), 'x')).toBe('x!');
    expect(seen).toHaveLength(2);
    expect(asked).toEqual([
      {
        path: '/shop.Stock/Unary',
        service: 'shop.Stock',
        method: 'Unary',
        kind: 'unary',
        authority: undefined,
      },
    ]);
  });

  it('W2: nobody there: nothing was sent, so every method is tried again', async () => {
    const { server, address } = await stage.serve({});
    server.forceShutdown();
    const client = stage.client(address, { policies, idempotent: false });
    const events: PipelineEvent[] = [];
    client.interceptor.on((event) => events.push(event));
    const error = await errorOf(unary(client, 'x'));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.details).toMatch(/^No connection established/);
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(3);
  });

  it.each(['the connection breaks', 'the server resets the stream'])(
    'W2: %s while the method runs: it is repeated only if it may run twice',
    async (how) => {
      for (const idempotent of [undefined, false, true]) {
        let runs = 0;
        let end = (): void => {};
        const dying: Unary = () => {
          runs++;
          end();
        };
        const server = await stage.serve({ unary: dying });
        const wire = await stage.wire(server);
        end =
          how === 'the connection breaks' ? () => wire.cut() : () => server.server.forceShutdown();
        const client = stage.client(wire.address, { policies, idempotent });
        const retries: PipelineEvent[] = [];
        client.interceptor.on('retry', (event) => retries.push(event));
        const error = await errorOf(unary(client, 'x'));
        expect([status.UNAVAILABLE, status.CANCELLED]).toContain(error.code);
        expect(runs).toBe(1);
        expect(retries.length > 0).toBe(idempotent === true);
        const [state] = Object.values(client.interceptor.snapshot());
        expect(state?.policies.circuit_breaker?.consecutiveFailures).toBeGreaterThan(0);
        stage.down();
      }
    },
  );

  it('W2: an answer that has begun is not repeated', async () => {
    let runs = 0;
    const begins: Unary = (call, answer) => {
      runs++;
      call.sendMetadata(new Metadata());
      answer({ code: status.UNAVAILABLE, details: 'too late' });
    };
    const { address } = await stage.serve({ unary: begins });
    const error = await errorOf(unary(stage.client(address, { policies, idempotent: true }), 'x'));
    expect(error.details).toBe('too late');
    expect(runs).toBe(1);
  });

  it.each(['', '<html>busy</html>'.repeat(10)])(
    'W2: the page of a proxy is no answer that has begun: %j',
    async (page) => {
      let sent = 0;
      const proxy = createServer((request, response) => {
        sent++;
        request.resume();
        response.writeHead(503, { 'content-type': 'text/html' }).end(page);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const { port } = proxy.address() as AddressInfo;
      const error = await errorOf(unary(stage.client(`127.0.0.1:${port}`, { policies }), 'x'));
      expect(error).toMatchObject({
        code: status.UNAVAILABLE,
        details: 'Received HTTP status code 503',
      });
      expect(sent).toBe(4);
      stage.down();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  );

  it('W3: a pushback forbids the retry', async () => {
    const { address, seen } = await failing(status.UNAVAILABLE, 1, { pushback: '-1' });
    await errorOf(unary(stage.client(address, { policies, idempotent: true }), 'x'));
    expect(seen).toHaveLength(1);
  });

  it('W3: a pushback is how long the retry waits', async () => {
    const { address, seen } = await failing(status.UNAVAILABLE, 1, { pushback: '20' });
    const client = stage.client(address, { policies: { retry: { initialDelay: '10s' } } });
    const delays: number[] = [];
    client.interceptor.on('retry', ({ delayMs }) => delays.push(delayMs));
    expect(await unary(client, 'x')).toBe('x!');
    expect(seen).toHaveLength(2);
    expect(delays).toHaveLength(1);
    expect(delays[0]).toBeGreaterThanOrEqual(20);
    expect(delays[0]).toBeLessThanOrEqual(24);
  });

  it('W9: grpc-js makes no retries of its own with the channel options', async () => {
    const { grpcChannelOptions } = await import('../../../src/grpc/index.js');
    const config = JSON.stringify({
      methodConfig: [
        {
          name: [{}],
          retryPolicy: {
            maxAttempts: 5,
            initialBackoff: '0.001s',
            maxBackoff: '0.001s',
            backoffMultiplier: 1,
            retryableStatusCodes: ['UNAVAILABLE'],
          },
        },
      ],
    });
    const theirs = { 'grpc.service_config': config };
    const both = await failing(status.UNAVAILABLE, 100);
    await errorOf(unary(stage.client(both.address, { policies }, theirs), 'x'));
    // The two layers multiply.
    expect(both.seen).toHaveLength(20);
    const one = await failing(status.UNAVAILABLE, 100);
    const client = stage.client(one.address, { policies }, { ...theirs, ...grpcChannelOptions });
    await errorOf(unary(client, 'x'));
    expect(one.seen).toHaveLength(4);
  });

  it('W11: metadata, its options and call options are those of the caller, on each attempt', async () => {
    const tokens: unknown[] = [];
    const handler: Unary = (call, answer) => {
      tokens.push(call.metadata.get('token'));
      if (tokens.length === 1) answer({ code: status.UNAVAILABLE });
      else answer(null, 'yes');
    };
    const { server, address, port } = await stage.serve({ unary: handler });
    server.forceShutdown();
    const metadata = new Metadata({ waitForReady: true });
    metadata.set('token', 'abc');
    const client = stage.client(address, { policies });
    const answer = unary(client, 'x', { metadata });
    // Without waiting for a server, the call would end as UNAVAILABLE.
    await stage.serve({ unary: handler }, `127.0.0.1:${port}`);
    expect(await answer).toBe('yes');
    expect(tokens).toEqual([['abc'], ['abc']]);
    expect(metadata.get('grpc-previous-rpc-attempts')).toEqual([]);
  });
});
