// Runs inside a project that installed the packed package: with both libraries for gRPC beside it, or with none of them.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as imported from 'holdfast/grpc';

const require = createRequire(import.meta.url);
const { exports } = require('holdfast/package.json');
const folder = dirname(require.resolve('holdfast/package.json'));
const required = require(join(folder, exports['./grpc'].require.default));

const skip = await import('@grpc/grpc-js').then(
  () => false,
  () => 'not installed',
);
const text = { to: (value) => Buffer.from(value), from: (bytes) => bytes.toString() };
const method = {
  path: '/shop.Inventory/Get',
  requestStream: false,
  responseStream: false,
  requestSerialize: text.to,
  requestDeserialize: text.from,
  responseSerialize: text.to,
  responseDeserialize: text.from,
};

for (const [how, { grpcChannelOptions, grpcInterceptor }] of Object.entries({
  imported,
  required,
})) {
  test(`a call over grpc-js is repeated when the server is not ready: ${how}`, {
    skip,
  }, async () => {
    const { Client, credentials, Server, ServerCredentials, status } = await import(
      '@grpc/grpc-js'
    );
    let calls = 0;
    const server = new Server();
    server.addService(
      { get: method },
      {
        get({ request }, callback) {
          if (++calls === 1) callback({ code: status.UNAVAILABLE, details: 'starting' });
          else callback(null, `7 of ${request}`);
        },
      },
    );
    const port = await new Promise((resolve, reject) => {
      const insecure = ServerCredentials.createInsecure();
      server.bindAsync('127.0.0.1:0', insecure, (error, at) =>
        error ? reject(error) : resolve(at),
      );
    });
    const interceptors = [grpcInterceptor()];
    const options = { ...grpcChannelOptions, interceptors };
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    try {
      const answer = await new Promise((resolve, reject) => {
        client.makeUnaryRequest(method.path, text.to, text.from, 'apples', (error, value) =>
          error ? reject(error) : resolve(value),
        );
      });
      assert.deepEqual([answer, calls], ['7 of apples', 2]);
    } finally {
      client.close();
      server.forceShutdown();
    }
  });

  test(`a refusal is a ConnectError of the project's connect-es: ${how}`, { skip }, async () => {
    const { Code, ConnectError } = await import('@connectrpc/connect');
    const { connectInterceptor } = how === 'imported' ? imported : required;
    const interceptor = connectInterceptor();
    await interceptor.drain();
    const { signal } = new AbortController();
    const unary = { name: 'Get', methodKind: 'unary', parent: { typeName: 'shop.Inventory' } };
    const request = { stream: false, method: unary, url: '', signal, header: new Headers() };
    const refused = interceptor(() => assert.fail('sent'))(request);
    await assert.rejects(refused, (error) => {
      assert.equal(ConnectError.from(error).code, Code.Unavailable);
      return true;
    });
  });
}
