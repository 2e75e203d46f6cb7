import type { AnyStandardSnapshots } from '../../policies/standard.js';
import type { InterceptorState } from '../interceptor-state.js';
import { withState } from '../interceptor-state.js';
import type { GrpcOptions } from '../options.js';
import { resolveGrpc } from '../options.js';
import { grpcPipelines } from '../pipelines.js';
import { InterceptedCall } from './intercepted-call.js';
import type { GrpcCall, GrpcCallOptions, GrpcNextCall } from './types.js';

/**
 * Made by {@link grpcInterceptor}: an interceptor for the clients of `@grpc/grpc-js`, and access to the pipelines behind it. `Policies` is the type
 * of their policies' snapshots, by name.
 */
export interface GrpcInterceptor<Policies = unknown> extends InterceptorState<Policies> {
  /** Makes a call. It is for `@grpc/grpc-js`, whose types it fits: `Call` is what that takes for a call. */
  <Call>(options: object, nextCall: (options: never) => object): Call;
}

/**
 * Makes an interceptor for the clients of `@grpc/grpc-js`: the standard policies around each call, with the rules of gRPC inside them. Make one
 * for each target, and share it between the clients of that target. Interceptors that
 * stand behind it in the list, such as those that add a token, run for each attempt.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const client = new InventoryClient(address, credentials, {
 *   ...grpcChannelOptions,
 *   interceptors: [grpcInterceptor({ policies: { totalTimeout: '2s' } })],
 * });
 */
export function grpcInterceptor(options?: GrpcOptions): GrpcInterceptor<AnyStandardSnapshots> {
  const resolved = resolveGrpc(options, 'grpcInterceptor', 'grpc');
  const setup = { options: resolved, byKey: grpcPipelines(resolved) };
  const intercept = (call: GrpcCallOptions, nextCall: GrpcNextCall): GrpcCall =>
    new InterceptedCall(setup, call, nextCall);
  return withState(intercept, setup.byKey, resolved) as never;
}
