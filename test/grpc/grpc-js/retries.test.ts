import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { collect, errorOf, Stage, startWatch, unary } from './harness.js';

const stage = new Stage();
afterEach(() => stage.down());

const quick = { retry: { initialDelay: 1 } } as const;

describe('retries over grpc-js', () => {
  it('smoke', async () => {
    const seen: unknown[] = [];
    let calls = 0;
    const { address } = await stage.serve({
      unary: ((call: any, callback: any) => {
        seen.push(call.metadata.get('grpc-previous-rpc-attempts'));
        if (++calls < 3) callback({ code: status.UNAVAILABLE, details: 'later' });
        else callback(null, `hello ${call.request}`);
      }) as never,
    });
    const client = stage.client(address, { policies: quick });
    expect(await unary(client, 'x')).toBe('hello x');
    expect(seen).toEqual([[], ['1'], ['2']]);
  });
  it('down', async () => {
    const { server, address } = await stage.serve({});
    server.forceShutdown();
    const client = stage.client(address, { policies: quick, idempotent: false });
    const retries: unknown[] = [];
    client.interceptor.on('retry', (e) => retries.push(e));
    const error = await errorOf(unary(client, 'x'));
    console.log(error, error.cause, retries.length);
  });
  it('watch', async () => {
    let calls = 0;
    const { address } = await stage.serve({
      watch: ((call: any) => {
        if (++calls < 2) call.emit('error', { code: status.UNAVAILABLE, details: 'later' });
        else {
          call.write('a');
          call.write('b');
          call.end();
        }
      }) as never,
    });
    const client = stage.client(address, { policies: quick });
    const { events, messages, ended } = collect(startWatch(client, 'x'));
    console.log(await ended, events, messages, calls);
  });
});
