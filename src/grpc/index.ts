/** 'holdfast/grpc': interceptors for clients of gRPC and Connect. */

export type { GrpcStatusName } from './status.js';
export { GrpcStatus } from './status.js';
