// Compiled inside a project that installed the packed package, with both libraries for gRPC.
import {
  type Interceptor as ConnectEsInterceptor,
  createRouterTransport,
} from '@connectrpc/connect';
import { Client, credentials, type Interceptor, type ServerUnaryCall } from '@grpc/grpc-js';
import { connectInterceptor, deadlineOf, grpcChannelOptions, grpcInterceptor } from 'holdfast/grpc';

const interceptor = grpcInterceptor({ policies: { totalTimeout: '2s' } });
const forGrpcJs: Interceptor = interceptor;
const forConnect: ConnectEsInterceptor = connectInterceptor();

export const client = new Client('localhost:1', credentials.createInsecure(), {
  ...grpcChannelOptions,
  interceptors: [interceptor, forGrpcJs],
});
export const transport = createRouterTransport(() => {}, {
  transport: { interceptors: [connectInterceptor(), forConnect] },
});
export const timeLeft = (call: ServerUnaryCall<string, string>): number => deadlineOf(call);
const state: string | undefined =
  interceptor.snapshot()['shop.Stock']?.policies.circuit_breaker?.state;
// @ts-expect-error a misspelt option
export const misspelt = () => grpcInterceptor({ retries: state });
