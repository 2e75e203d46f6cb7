import type {
  GrpcObject,
  InterceptorOptions,
  ServerUnaryCall,
  ServiceClientConstructor,
  sendUnaryData,
} from '@grpc/grpc-js';
import {
  credentials,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js';
import type { NextCall } from '@grpc/grpc-js/build/src/client-interceptors.js';
import { fromJSON } from '@grpc/proto-loader';
import { afterEach, describe, expect, it } from 'vitest';
import { grpcChannelOptions, grpcInterceptor } from '../../../src/grpc/index.js';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const { shop } = loadPackageDefinition(
  fromJSON({
    nested: {
      shop: {
        nested: {
          Stock: { methods: { Get: { requestType: 'Ask', responseType: 'Answer', comment: '' } } },
          Ask: { fields: { sku: { type: 'string', id: 1 } } },
          Answer: { fields: { count: { type: 'int32', id: 1 } } },
        },
      },
    },
  }),
) as { shop: GrpcObject };
const Stock = shop['Stock'] as ServiceClientConstructor;

describe('a client that was made from a proto file', () => {
  it('W2: has its calls repeated, between other interceptors', async () => {
    const tokens: unknown[] = [];
    const server = new Server();
    server.addService(Stock.service, {
      Get: (
        call: ServerUnaryCall<{ sku: string }, object>,
        answer: sendUnaryData<{ count: number }>,
      ) => {
        const { metadata, request } = call;
        tokens.push(metadata.get('token'));
        if (tokens.length === 1) answer({ code: status.UNAVAILABLE });
        else answer(null, { count: request.sku.length });
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    ends.push(() => server.forceShutdown());
    const { InterceptingCall } = await import('@grpc/grpc-js');
    let made = 0;
    const counts = { before: 0, after: 0 };
    const client = new Stock(`127.0.0.1:${port}`, credentials.createInsecure(), {
      ...grpcChannelOptions,
      interceptors: [
        (options: InterceptorOptions, nextCall: NextCall) => {
          counts.before++;
          return new InterceptingCall(nextCall(options));
        },
        grpcInterceptor({ policies: { retry: { initialDelay: 1 } } }),
        (options: InterceptorOptions, nextCall: NextCall) => {
          counts.after++;
          return new InterceptingCall(nextCall(options), {
            start(metadata, listener, next) {
              metadata.add('token', `${++made}`);
              next(metadata, listener);
            },
          });
        },
      ],
    });
    ends.push(() => client.close());
    const get = client['Get'] as (
      this: unknown,
      request: object,
      callback: (error: unknown, value: unknown) => void,
    ) => void;
    const value = await new Promise((resolve, reject) => {
      get.call(client, { sku: 'apple' }, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
    expect(value).toMatchObject({ count: 5 });
    expect(tokens).toEqual([['1'], ['2']]);
    expect(counts).toEqual({ before: 1, after: 2 });
  });
});
