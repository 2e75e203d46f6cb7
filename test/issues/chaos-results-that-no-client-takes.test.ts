import { Readable } from 'node:stream';
import { ConfigError, chaos, standard } from 'holdfast';
import { connectInterceptor, grpcInterceptor } from 'holdfast/grpc';
import { flakyUpstream } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import { rejectionOf } from '../policies/support/rig.js';

/** Such a result ended a call of grpc-js never, and one through undici's interceptor with an error about fallbacks. */
const results = { rate: 1, value: () => ({ statusCode: 503, headers: {}, body: '' }) };
const withResults = () => [...standard(), chaos({ results })];

it.each([
  ['resilience', resilience, 'what it passes on are the parts of a response as they come'],
  ['grpcInterceptor', grpcInterceptor, 'each method has messages of its own'],
  ['connectInterceptor', connectInterceptor, 'each method has messages of its own'],
] as const)('C3: %s refuses chaos with results', (name, make, why) => {
  const made = () => make({ policies: withResults() });
  expect(made).toThrow(ConfigError);
  expect(made).toThrow(
    `${name}.policies: chaos cannot inject results here, because ${why}; inject faults`,
  );
  expect(() =>
    make({
      policies: [...standard(), chaos({ faults: { rate: 1, error: () => new Error('injected') } })],
    }),
  ).not.toThrow();
});

it('C3: also those of a key', async () => {
  const agent = new Agent();
  const dispatcher = agent.compose(resilience({ policies: withResults }));
  const error = await rejectionOf(request('http://127.0.0.1:1', { dispatcher }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain('chaos cannot inject results here');
  await agent.close();
});

it('C3: resilientRequest takes what undici.request would answer', async () => {
  await using upstream = await flakyUpstream();
  const busy = chaos({
    results: {
      rate: 1,
      value: () => ({
        statusCode: 503,
        headers: { 'retry-after': '0' },
        trailers: {},
        body: Readable.from(['busy']),
      }),
    },
  });
  const policies = [...standard({ retry: { initialDelay: 0, budget: false } }), busy];
  const send = resilientRequest({ policies });
  expect((await send(upstream.url)).statusCode).toBe(200);
  busy.start();
  const answer = await send(upstream.url);
  expect(answer.statusCode).toBe(503);
  expect(await Readable.from(answer.body).toArray()).toEqual(['busy']);
  expect(busy.snapshot().injections.result).toBe(4);
  expect(upstream.stats().requests).toBe(1);
});
