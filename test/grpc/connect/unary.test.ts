import type { Client, Interceptor, ServiceImpl } from '@connectrpc/connect';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { afterEach, describe, expect, it } from 'vitest';
import type { GrpcOptions } from '../../../src/grpc/index.js';
import { connectInterceptor } from '../../../src/grpc/index.js';
import { CircuitOpenError, TimeoutError } from '../../../src/index.js';
import type { StockServer, Way } from '../../fixtures/connect/servers.js';
import { startStock, transportOf, WAYS } from '../../fixtures/connect/servers.js';
import { line, Stock } from '../../fixtures/connect/stock.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function started(
  way: Way,
  methods: Partial<ServiceImpl<typeof Stock>>,
  port?: number,
): Promise<StockServer> {
  const server = await startStock(way, methods, port);
  cleanUps.push(() => server.kill());
  return server;
}

function clientOf(
  way: Way,
  baseUrl: string,
  options?: GrpcOptions,
  around: { outside?: Interceptor[]; inside?: Interceptor[] } = {},
): Client<typeof Stock> {
  const { outside = [], inside = [] } = around;
  const own = connectInterceptor({
    policies: { retry: { backoff: { initialDelay: 1, maxDelay: 1 } } as never },
    telemetry: false,
    ...options,
  });
  const { transport, close } = transportOf(way, baseUrl, [...outside, own, ...inside]);
  cleanUps.push(close, () => own.dispose());
  return createClient(Stock, transport);
}

async function caught(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

describe.each(WAYS)('a unary call, %s', (way) => {
  it('is repeated after UNAVAILABLE, with the number of attempts before it', async () => {
    const before: (string | null)[] = [];
    const server = await started(way, {
      reserve(_, { requestHeader }) {
        before.push(requestHeader.get('grpc-previous-rpc-attempts'));
        if (before.length < 3) throw new ConnectError('not now', Code.Unavailable);
        return line('done', 7);
      },
    });
    const answer = await clientOf(way, server.baseUrl).reserve({ text: 'a' });
    expect(answer.number).toBe(7);
    expect(before).toEqual([null, '1', '2']);
  });

  it('is not repeated after an answer', async () => {
    const server = await started(way, {
      read() {
        throw new ConnectError('no such thing', Code.NotFound);
      },
    });
    const error = await caught(clientOf(way, server.baseUrl).read({}));
    expect(error.code).toBe(Code.NotFound);
    expect(error.rawMessage).toBe('no such thing');
    expect(server.requests).toBe(1);
  });
});
