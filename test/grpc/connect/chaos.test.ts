import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { chaos, isInjected, standard } from '../../../src/index.js';
import { WAYS } from '../../fixtures/connect/servers.js';
import { line } from '../../fixtures/connect/stock.js';
import { AT_ONCE, caught, clientOf, ofType, started } from './stock-client.js';

describe.each(WAYS)('chaos in a client of connect-es, %s', (way) => {
  it.each([
    ['reserve', Code.Unavailable, 4],
    ['read', Code.Unavailable, 4],
    ['reserve', Code.Unknown, 1],
    ['read', Code.Unknown, 4],
    ['read', Code.NotFound, 1],
  ] as const)(
    'C3: %s that fails with code %i is sent %i times, as after a real answer',
    async (method, code, sent) => {
      const server = await started(way, {
        read: () => line('there'),
        reserve: () => line('there'),
      });
      const outage = chaos({
        faults: { rate: 1, error: () => new ConnectError('injected', code) },
      });
      const retry = { ...AT_ONCE.retry, budget: false } as const;
      const policies = [...standard({ retry }), outage];
      const { client, events } = clientOf(way, server.baseUrl, { policies });
      expect((await client[method]({})).text).toBe('there');
      outage.start();
      const error = await caught(client[method]({}));
      expect(error).toMatchObject({ code, rawMessage: 'injected' });
      expect(isInjected(error)).toBe(true);
      expect(outage.snapshot().injections.fault).toBe(sent);
      expect(ofType(events, 'chaos')).toHaveLength(sent);
      outage.stop();
      expect((await client[method]({})).text).toBe('there');
      expect(server.requests).toBe(2);
    },
  );

  it('C3: an injected latency is bounded by the timeout of the attempt', async () => {
    const server = await started(way, { read: () => line('there') });
    const outage = chaos({ latency: { rate: 1, delay: '1h' } });
    const policies = [...standard({ retry: false, attemptTimeout: 50 }), outage];
    const { client } = clientOf(way, server.baseUrl, { policies });
    outage.start();
    expect((await caught(client.read({}))).code).toBe(Code.DeadlineExceeded);
    outage.stop();
    expect((await client.read({})).text).toBe('there');
    expect(server.requests).toBe(1);
  });

  it('C3: behaviour and a latency come before a stream, which is whole afterwards', async () => {
    const server = await started(way, {
      async *watch() {
        yield line('one');
        yield line('two');
      },
    });
    const ran: string[] = [];
    const outage = chaos({
      behavior: { rate: 1, run: () => void ran.push('behaviour') },
      latency: { rate: 1, delay: 1 },
    });
    const { client } = clientOf(way, server.baseUrl, { policies: [...standard(), outage] });
    outage.start();
    const texts: string[] = [];
    for await (const { text } of client.watch({})) texts.push(text);
    expect(texts).toEqual(['one', 'two']);
    expect(ran).toEqual(['behaviour']);
    expect(outage.snapshot().injections).toMatchObject({ behavior: 1, latency: 1 });
  });
});
