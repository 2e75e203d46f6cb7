// Compiled with the types of ECMAScript alone: what a host adds to them, DOM or Node, must not be needed.
import { circuitBreaker, pipeline, retry, timeout } from 'holdfast';
import * as cockatiel from 'holdfast/cockatiel';
import { resilientFetch } from 'holdfast/fetch';
import { connectInterceptor, grpcInterceptor } from 'holdfast/grpc';
import { defineService } from 'holdfast/services';
import * as simulator from 'holdfast/simulator';
import * as telemetry from 'holdfast/telemetry';
import * as testing from 'holdfast/testing';

export const calls = pipeline('any host', timeout('1s'), retry(), circuitBreaker());
export const answer: Promise<number> = calls.execute(({ signal }) => (signal.aborted ? 1 : 2));
export const status: Promise<number> = resilientFetch()('http://inventory/').then(
  (response) => response.status,
);
export const stock: Promise<unknown> = defineService('stock', {
  baseUrl: 'http://stock/',
  operations: { get: { method: 'GET', path: '/stock/:sku', as: 'json' } },
}).get({ params: { sku: 42 } });
export const drained: Promise<unknown>[] = [
  grpcInterceptor().drain(),
  connectInterceptor().drain(),
];
export const others = [cockatiel, simulator, telemetry, testing];
