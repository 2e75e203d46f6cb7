import { chaos, keyed, pipeline, retry } from 'holdfast';
import { logEvents } from 'holdfast/telemetry';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics, Traces, unregister } from './support/sdk.js';

afterEach(unregister);

const of = (name: string) => ({ 'holdfast.pipeline': name, 'holdfast.policy': 'chaos' });
const fine = async (): Promise<number> => 1;

const faulty = () =>
  chaos({ seed: 5, faults: { rate: 1, error: () => new TypeError('injected') } });

describe('metrics', () => {
  it('C6: show whether it is on, and what was injected, from 0 on', async () => {
    const sdk = new Metrics().register();
    const clock = new VirtualClock();
    const policy = faulty();
    const made = pipeline({ name: 'one', clock }, policy);
    expect(await sdk.sum('holdfast.chaos.active', of('one'))).toBe(0);
    expect(await sdk.sum('holdfast.chaos.injections', of('one'))).toBe(0);
    policy.start({ for: '1m' });
    await made.settle(fine);
    expect(await sdk.sum('holdfast.chaos.active', of('one'))).toBe(1);
    expect(
      await sdk.points('holdfast.chaos.injections', {
        ...of('one'),
        'holdfast.injection': 'fault',
      }),
    ).toEqual([{ labels: {}, value: 1 }]);
    await clock.advance('1m');
    expect(await sdk.sum('holdfast.chaos.active', of('one'))).toBe(0);
  });

  it('C6: count once for all copies of a keyed pipeline', async () => {
    const sdk = new Metrics().register();
    const policy = faulty();
    const calls = keyed(pipeline('copies', policy));
    policy.start();
    for (const key of ['a', 'b', 'c']) await calls.settle(key, fine);
    expect(await sdk.sum('holdfast.chaos.active', of('copies'))).toBe(1);
    expect(await sdk.sum('holdfast.chaos.injections', of('copies'))).toBe(3);
  });
});

it('C6: the span of a call shows what was injected into it', async () => {
  const sdk = new Traces().register();
  const policy = faulty();
  const made = pipeline({ name: 'traced', telemetry: { spans: 'always' } }, policy);
  policy.start();
  await made.settle(fine);
  const [span] = sdk.named('holdfast traced');
  expect(span?.events.map(({ name, attributes }) => [name, attributes])).toContainEqual([
    'holdfast.chaos',
    { 'holdfast.policy': 'chaos', 'holdfast.injection': 'fault', 'error.type': 'TypeError' },
  ]);
});

describe('log lines', () => {
  function log() {
    const lines: [level: string, message: string, fields: object][] = [];
    const at = (level: string) => (fields: object, message: string) =>
      void lines.push([level, message, fields]);
    return {
      lines,
      logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    };
  }

  it('C6: warn once, before what it causes, with the pipeline and the rates, and tell its end', async () => {
    const { lines, logger } = log();
    const policy = faulty();
    const made = pipeline('stock', retry({ maxRetries: 1, initialDelay: 0 }), policy);
    logEvents(made, logger);
    policy.start({ for: '5m' });
    await made.settle(fine);
    policy.stop();
    expect(lines.map(([level, message]) => [level, message])).toEqual([
      ['warn', 'chaos is on in stock: injects fault 1'],
      ['warn', 'retries of stock ended: all failed'],
      ['info', 'chaos is off again in stock'],
    ]);
    expect(lines[0]?.[2]).toEqual({
      'holdfast.pipeline': 'stock',
      'holdfast.policy': 'chaos',
      'holdfast.active_for': 300,
      rates: { fault: 1 },
      seed: 5,
    });
  });

  it('C6: warn also if it was on before anybody listened', async () => {
    const { lines, logger } = log();
    const policy = faulty();
    const made = pipeline('stock', retry({ maxRetries: 1, initialDelay: 0 }), policy);
    made.on('timeout', () => {});
    policy.start();
    await made.settle(fine);
    logEvents(made, logger);
    await made.settle(fine);
    expect(lines.map(([level, message]) => [level, message])).toEqual([
      ['warn', 'chaos is on in stock: injects fault 1'],
      ['warn', 'retries of stock ended: all failed'],
    ]);
  });

  it('C6: warn of each policy that was on before anybody listened, and once more when it is started anew', async () => {
    const { lines, logger } = log();
    const fault = faulty();
    const slow = chaos({ name: 'slow', latency: { rate: 1, delay: 1 } });
    const clock = new VirtualClock();
    const made = pipeline({ name: 'stock', clock }, slow, fault);
    slow.start();
    fault.start();
    logEvents(made, logger);
    await clock.runUntil(made.settle(fine));
    fault.stop();
    await clock.runUntil(made.settle(fine));
    fault.start();
    expect(lines.map(([level, message]) => [level, message])).toEqual([
      ['warn', 'chaos is on in stock: injects latency 1'],
      ['warn', 'chaos is on in stock: injects fault 1'],
      ['info', 'chaos is off again in stock'],
      ['warn', 'chaos is on in stock: injects fault 1'],
    ]);
  });
});
