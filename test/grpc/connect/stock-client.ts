import type { Client, Interceptor, ServiceImpl } from '@connectrpc/connect';
import { ConnectError, createClient } from '@connectrpc/connect';
import { afterEach, expect } from 'vitest';
import type { ConnectInterceptor, GrpcOptions } from '../../../src/grpc/index.js';
import { connectInterceptor } from '../../../src/grpc/index.js';
import type { PipelineEvent } from '../../../src/index.js';
import type { StockServer, Way } from '../../fixtures/connect/servers.js';
import { startStock, transportOf } from '../../fixtures/connect/servers.js';
import type { Stock } from '../../fixtures/connect/stock.js';
import { Stock as service } from '../../fixtures/connect/stock.js';

const cleanUps: (() => unknown)[] = [];

/** Runs after the test, the last one first. */
export function afterwards(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A real server that ends with the test. */
export async function started(
  way: Way,
  methods: Partial<ServiceImpl<typeof Stock>>,
  port?: number,
): Promise<StockServer> {
  const server = await startStock(way, methods, port);
  afterwards(() => server.kill());
  return server;
}

/** A client with an interceptor of ours, and what that tells. */
export interface Called {
  readonly client: Client<typeof Stock>;
  readonly own: ConnectInterceptor;
  readonly events: PipelineEvent[];
}

/** Retries come at once. */
export const AT_ONCE = { retry: { backoff: () => 0 } };

/** A client with the interceptor, between `outside` and `inside`. */
export function clientOf(
  way: Way,
  baseUrl: string,
  options: GrpcOptions = {},
  { outside = [], inside = [] }: { outside?: Interceptor[]; inside?: Interceptor[] } = {},
): Called {
  const own = connectInterceptor({ policies: AT_ONCE, telemetry: false, ...options });
  const events: PipelineEvent[] = [];
  own.on((event) => events.push(event));
  const { transport, close } = transportOf(way, baseUrl, [...outside, own, ...inside]);
  afterwards(() => own.dispose());
  afterwards(close);
  return { client: createClient(service, transport), own, events };
}

/** The ConnectError that a call ends with. */
export async function caught(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    (value) => ({ value }),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConnectError);
  // connect-es itself would not wrap it once more.
  expect(ConnectError.from(error)).toBe(error);
  return error as ConnectError;
}

/** The state of the one breaker. */
export function breakerOf(own: ConnectInterceptor): unknown {
  const [pipeline] = Object.values(own.snapshot());
  return Object(pipeline?.policies)['circuit_breaker'];
}

/** A promise, and what resolves it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The events of one type. */
export function ofType<T extends PipelineEvent['type']>(
  events: readonly PipelineEvent[],
  type: T,
): Extract<PipelineEvent, { type: T }>[] {
  return events.filter((event) => event.type === type) as never;
}
