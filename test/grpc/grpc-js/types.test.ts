import type { Interceptor, ServerUnaryCall } from '@grpc/grpc-js';
import { Client, credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { deadlineOf, grpcChannelOptions, grpcInterceptor } from '../../../src/grpc/index.js';

describe('the types of grpc-js', () => {
  it('an interceptor is one of grpc-js, without a cast', () => {
    const interceptor: Interceptor = grpcInterceptor();
    const client = new Client('localhost:1', credentials.createInsecure(), {
      ...grpcChannelOptions,
      interceptors: [grpcInterceptor(), interceptor],
    });
    client.close();
    expect(typeof interceptor).toBe('function');
  });

  it('the snapshot of the standard policies is typed', () => {
    const state = grpcInterceptor().snapshot()['shop.Stock'];
    const opened: string | undefined = state?.policies.circuit_breaker?.state;
    expect(opened).toBeUndefined();
  });

  it('deadlineOf takes the call of a handler', () => {
    const read = (call: ServerUnaryCall<string, string>): number => deadlineOf(call);
    expect(read({ getDeadline: () => Infinity } as never)).toBe(Infinity);
  });

  it('wrong options do not compile', () => {
    // @ts-expect-error No option of that name.
    expect(() => grpcInterceptor({ retries: 3 })).toThrow(/retries/);
    // @ts-expect-error OK is no failure.
    expect(() => grpcInterceptor({ retryable: ['OK'] })).toThrow(/retryable/);
    // @ts-expect-error Codes are told by name.
    expect(() => grpcInterceptor({ retryable: [14] })).toThrow(/retryable/);
  });
});
