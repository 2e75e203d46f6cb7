import { resilientFetch } from 'holdfast/fetch';
import { logEvents } from 'holdfast/telemetry';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from './support/sdk.js';

afterEach(unregister);

/** A body that fails when it is read. */
const broken = (status = 200): Response => {
  const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
  const error = new TypeError('terminated', { cause });
  return new Response(new ReadableStream({ pull: (controller) => controller.error(error) }), {
    status,
  });
};

const make = (name: string, status?: number) =>
  resilientFetch({
    name,
    fetch: async (_url: string, _init?: object) => broken(status),
    policies: { retry: false },
  });

it('X7: a body that fails is counted once more, with the type of its error', async () => {
  const sdk = new Metrics().register();
  const send = make('bodies');
  for (let i = 0; i < 2; i++) {
    await expect((await send('http://a.example/')).text()).rejects.toThrow('terminated');
  }
  const points = await sdk.points('holdfast.calls', { 'holdfast.pipeline': 'bodies' });
  expect(
    points.map(({ labels, value }) => [labels['holdfast.outcome'], labels['error.type'], value]),
  ).toEqual([
    ['success', undefined, 2],
    ['body_failure', 'UND_ERR_SOCKET', 2],
  ]);
});

it('X7: a body that fails is a line of the log', async () => {
  const lines: object[] = [];
  const write = (fields: object, message: string): void => {
    lines.push({ ...fields, message });
  };
  const send = make('logged');
  logEvents(send, { debug: write, info: write, warn: write, error: write });
  await (await send('http://a.example/')).text().catch(() => {});
  expect(lines).toEqual([
    {
      'holdfast.pipeline': 'logged',
      'holdfast.key': 'http://a.example',
      'holdfast.call_id': expect.any(Number),
      'error.type': 'UND_ERR_SOCKET',
      err: expect.any(TypeError),
      message: 'the body of an answer to logged failed',
    },
  ]);
});

it('X7: the body of a response that had failed already is no second failure for the breaker', async () => {
  const send = make('failed', 503);
  const response = await send('http://a.example/');
  await response.text().catch(() => {});
  const { policies } = send.snapshot()['http://a.example'] as {
    policies: { circuit_breaker?: { window: object } };
  };
  expect(policies.circuit_breaker?.window).toMatchObject({ calls: 1, failures: 1 });
});
