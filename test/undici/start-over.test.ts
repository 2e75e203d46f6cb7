import { flakyUpstream, startOver } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { expect, it } from 'vitest';

const once = { retry: { maxRetries: 0 }, circuitBreaker: { failingFor: 0 } } as const;

it('startOver gives an interceptor and resilientRequest fresh state, and their calls in flight end well', async () => {
  await using upstream = await flakyUpstream();
  upstream.behave({ failureRate: 1 });
  const interceptor = resilience({ policies: once });
  const agent = new Agent().compose(interceptor);
  const send = resilientRequest({ policies: once });
  const calls = [
    async () => (await request(upstream.url, { dispatcher: agent })).body.json(),
    async () => (await send(upstream.url)).body.json(),
  ];
  for (const call of calls) {
    for (let i = 0; i < 30; i++) await call().catch(() => {});
    await expect(call()).rejects.toThrow('open');
  }
  upstream.behave({ latency: '50ms' });
  startOver(interceptor, send);
  const inFlight = calls.map((call) => call());
  await upstream.received(upstream.stats().requests + calls.length);
  startOver(interceptor, send);
  expect([interceptor.snapshot(), send.snapshot()]).toEqual([{}, {}]);
  expect(await Promise.all(inFlight)).toEqual([{ ok: true }, { ok: true }]);
  for (const call of calls) expect(await call()).toEqual({ ok: true });
  await agent.close();
});
