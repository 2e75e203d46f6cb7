import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { hedge } from '../../src/index.js';
import { WAYS } from '../fixtures/connect/servers.js';
import { line } from '../fixtures/connect/stock.js';
import { clientOf, started } from './connect/stock-client.js';
import { Stage, unary } from './grpc-js/harness.js';

type Unary = (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) => void;

/** The calls that earn a hedge. */
const EARNED = 40;

const stage = new Stage();
afterEach(() => stage.down());

const policies = (): [ReturnType<typeof hedge>] => [hedge({ delay: 60, maxExtraLoad: 1 })];

/** What a slow server takes. */
const slowly = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('hedges over grpc-js', () => {
  it.each([
    [true, 'hello 2', 2],
    [undefined, 'hello 1', 1],
    [false, 'hello 1', 1],
  ])('H9: of a method that is idempotent: %s', async (idempotent, answer, sent) => {
    let seen = 0;
    const handler: Unary = async (call, reply) => {
      const number = call.request === 'hello' ? ++seen : 0;
      if (number === 1) await slowly(600);
      reply(null, `${call.request} ${number}`);
    };
    const { address } = await stage.serve({ unary: handler });
    const client = stage.client(address, { policies: policies(), idempotent });
    for (let i = 0; i < EARNED; i++) await unary(client, 'quick');
    expect(await unary(client, 'hello')).toBe(answer);
    expect(seen).toBe(sent);
    // Whatever was cancelled, the next call is answered.
    expect(await unary(client, 'again')).toBe('again 0');
  });
});

describe.each(WAYS)('hedges of a unary call, %s', (way) => {
  it.each([
    [true, 2],
    [false, 1],
  ])('H9: idempotent: %s', async (idempotent, number) => {
    let seen = 0;
    const server = await started(way, {
      async reserve(request) {
        const own = request.text === 'slow' ? ++seen : 0;
        if (own === 1) await slowly(600);
        return line(request.text, own);
      },
    });
    const { client } = clientOf(way, server.baseUrl, { policies: policies(), idempotent });
    for (let i = 0; i < EARNED; i++) await client.reserve({ text: 'quick' });
    expect(await client.reserve({ text: 'slow' })).toMatchObject({ text: 'slow', number });
    expect(seen).toBe(number);
  });
});
