/** 'holdfast/grpc': interceptors for clients of gRPC and Connect. */

export type { ConnectInterceptor } from './connect/interceptor.js';
export { connectInterceptor } from './connect/interceptor.js';
export type {
  ConnectHeaders,
  ConnectMethod,
  ConnectRequest,
  ConnectResponse,
} from './connect/types.js';
export type { ServedCall } from './deadline-of.js';
export { deadlineOf } from './deadline-of.js';
export { GrpcError } from './grpc-error.js';
export { grpcChannelOptions } from './grpc-js/channel-options.js';
export type { GrpcInterceptor } from './grpc-js/grpc-interceptor.js';
export { grpcInterceptor } from './grpc-js/grpc-interceptor.js';
export type { InterceptorDrained, InterceptorState, StreamsDrained } from './interceptor-state.js';
export type { GrpcMethod, GrpcMethodKind } from './method.js';
export type { GrpcOptions, GrpcPolicies } from './options.js';
export type { GrpcStatusName } from './status.js';
export { GrpcStatus } from './status.js';
export { isGrpcFailure } from './verdict.js';
