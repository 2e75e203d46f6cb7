import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ConstantBackoff, circuitBreaker, keyed, pipeline, retry } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { Channels } from '../../src/telemetry/channels.js';
import { channel } from '../../src/telemetry/names.js';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function listen(name: string): Record<string, unknown>[] {
  const heard: Record<string, unknown>[] = [];
  const onMessage = (message: unknown) => void heard.push(message as Record<string, unknown>);
  subscribe(name, onMessage);
  stops.push(() => void unsubscribe(name, onMessage));
  return heard;
}

const fails = () => Promise.reject(new TypeError('down'));

it('calls, attempts and transitions are published, of pipelines made before the subscription too', async () => {
  const made = pipeline(
    'stock',
    retry({ maxRetries: 1, backoff: new ConstantBackoff(0) }),
    circuitBreaker({ failureRate: 0.5, minimumCalls: 3, failingFor: 0 }),
  );
  await made.execute(() => 1);
  const [calls, attempts, transitions] = [channel.call, channel.attempt, channel.transition].map(
    listen,
  );
  await made.settle(fails);
  expect(calls).toEqual([
    {
      type: 'call',
      pipeline: 'stock',
      key: undefined,
      policy: undefined,
      outcome: 'failure',
      attempts: 2,
      durationMs: expect.any(Number),
      error: expect.any(TypeError),
      callId: expect.any(Number),
    },
  ]);
  expect(attempts).toMatchObject([
    { attempt: 1, kind: 'first', outcome: 'failure' },
    { attempt: 2, kind: 'retry', outcome: 'failure' },
  ]);
  expect(transitions).toMatchObject([
    { from: 'closed', to: 'open', pipeline: 'stock', policy: 'circuit_breaker' },
  ]);
});

it('a breaker moved by hand is published, with the key of its copy', async () => {
  const transitions = listen(channel.transition);
  const byHost = keyed(pipeline('upstream', circuitBreaker({ consecutiveFailures: 1 })));
  await byHost.settle('a', fails);
  expect(transitions).toMatchObject([{ to: 'open', pipeline: 'upstream', key: 'a' }]);
});

it('nothing is published by pipelines without telemetry, and nothing after the subscription ended', async () => {
  const calls = listen(channel.call);
  await pipeline({ name: 'off', telemetry: false }).execute(() => 1);
  expect(calls).toEqual([]);
  const made = pipeline('on');
  await made.execute(() => 1);
  expect(calls).toHaveLength(1);
  for (const stop of stops.splice(0)) stop();
  await made.execute(() => 1);
  expect(calls).toHaveLength(1);
});

it('where there is no such module, everything stays silent', () => {
  const none = new Channels(undefined);
  expect(none.active).toBe(false);
  none.publish({ type: 'discard', pipeline: 'p', key: undefined, policy: undefined, callId: 1 });
});
