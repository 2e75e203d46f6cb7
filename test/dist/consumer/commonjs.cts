// Compiled inside a project that installed the packed package, as a file that becomes CommonJS.
import { type AnyStandardSnapshots, pipeline, retry } from 'holdfast';
import { fromCockatiel } from 'holdfast/cockatiel';
import { type HostFetch, type ResilientFetch, resilientFetch } from 'holdfast/fetch';
import { type GrpcInterceptor, grpcInterceptor } from 'holdfast/grpc';
import { defineService } from 'holdfast/services';
import { simulate } from 'holdfast/simulator';
import { consoleLogger } from 'holdfast/telemetry';

import testing = require('holdfast/testing');
import undici = require('holdfast/undici');

/** Each can be given for the other, and the first is not `any`. */
type Same<A, B> = 0 extends 1 & A ? false : [A, B] extends [B, A] ? true : false;
const sure = <T extends true>(proof?: T): T | undefined => proof;

const calls = pipeline('commonjs', retry({ maxRetries: 1 }));
const send: ResilientFetch = resilientFetch();
testing.startOver(calls, send);
sure<Same<typeof calls.name, string>>();
sure<Same<ReturnType<typeof resilientFetch>, ResilientFetch<HostFetch, AnyStandardSnapshots>>>();
const interceptor: GrpcInterceptor = grpcInterceptor();
const stock = defineService('stock', {
  baseUrl: 'http://stock/',
  operations: { get: { method: 'GET', path: '/stock/:sku', as: 'text' } },
});
sure<Same<Awaited<ReturnType<typeof stock.get>>, string>>();
// @ts-expect-error a misspelt option is a compile-time error
const misspelt = () => retry({ maxRetrys: 3 });

export = [
  calls,
  send,
  interceptor,
  stock,
  misspelt,
  fromCockatiel,
  simulate,
  consoleLogger,
  undici,
];
