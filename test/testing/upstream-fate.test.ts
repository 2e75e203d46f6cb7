import { describe, expect, it } from 'vitest';
import { parseData } from '../../src/config/plain-data.js';
import { behaviourSchema, type UpstreamBehaviour } from '../../src/testing/upstream-behaviour.js';
import { type Fate, fateOf } from '../../src/testing/upstream-fate.js';

const resolve = (behaviour: UpstreamBehaviour = {}) =>
  parseData(behaviourSchema, behaviour, 'behave');
const fates = (behaviour: UpstreamBehaviour, count: number, seed = 1): Fate[] =>
  Array.from({ length: count }, (_, request) => fateOf(resolve(behaviour), seed, request));
const share = (all: readonly Fate[], test: (fate: Fate) => boolean): number =>
  all.filter(test).length / all.length;
const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN;

describe('fateOf', () => {
  it('answers 200 at once by default', () => {
    expect(fateOf(resolve(), 1, 0)).toEqual({
      fault: undefined,
      status: 200,
      body: '{"ok":true}',
      headers: { 'content-type': 'application/json' },
      latencyMs: 0,
      serviceMs: 0,
      slowBodyMs: 1_000,
    });
  });

  it('fails the share asked for, with each of the statuses', () => {
    const all = fates({ failureRate: 0.3, failureStatuses: [500, 503] }, 20_000);
    expect(share(all, ({ status }) => status !== 200)).toBeCloseTo(0.3, 1);
    expect(share(all, ({ status }) => status === 500)).toBeCloseTo(0.15, 1);
  });

  it('deals each fault its share beside the failures', () => {
    const all = fates(
      { failureRate: 0.2, faults: { hang: 0.1, reset: 0.1, close: 0.1, truncate: 0.1 } },
      20_000,
    );
    for (const fault of ['hang', 'reset', 'close', 'truncate'] as const) {
      expect(share(all, (fate) => fate.fault === fault)).toBeCloseTo(0.1, 1);
    }
    expect(share(all, (fate) => fate.fault === undefined && fate.status === 503)).toBeCloseTo(
      0.2,
      1,
    );
  });

  it('never fails at rate 0 and always at rate 1', () => {
    expect(share(fates({ failureRate: 0 }, 5_000), ({ status }) => status === 200)).toBe(1);
    expect(share(fates({ failureRate: 1 }, 5_000), ({ status }) => status === 503)).toBe(1);
    expect(share(fates({ faults: { hang: 1 } }, 5_000), ({ fault }) => fault === 'hang')).toBe(1);
  });

  it('spreads latency with the median and 99th percentile asked for', () => {
    const latencies = fates({ latency: { median: '20ms', p99: '80ms' } }, 50_000).map(
      ({ latencyMs }) => latencyMs,
    );
    expect(quantile(latencies, 0.5)).toBeGreaterThan(19);
    expect(quantile(latencies, 0.5)).toBeLessThan(21);
    expect(quantile(latencies, 0.99)).toBeGreaterThan(75);
    expect(quantile(latencies, 0.99)).toBeLessThan(85);
  });

  it('takes a worker only when there is a capacity', () => {
    const capacity = { workers: 2, serviceTime: '10ms' } as const;
    expect(fateOf(resolve({ capacity }), 1, 0).serviceMs).toBe(10);
  });

  it('is the same for the same seed and request, and another for another seed', () => {
    const behaviour: UpstreamBehaviour = {
      failureRate: 0.5,
      latency: { median: 10, p99: 100 },
    };
    expect(fates(behaviour, 100, 7)).toEqual(fates(behaviour, 100, 7));
    expect(fates(behaviour, 100, 7)).not.toEqual(fates(behaviour, 100, 8));
  });

  it('keeps what a request meets independent of the behaviour before it', () => {
    const later = fateOf(resolve({ failureRate: 0.5 }), 3, 40);
    fates({ faults: { hang: 1 } }, 40, 3);
    expect(fateOf(resolve({ failureRate: 0.5 }), 3, 40)).toEqual(later);
  });

  it('sends Retry-After with 429 and 503 only, unless a step asks for it', () => {
    const behaviour = resolve({ retryAfter: '2s' });
    expect(fateOf(behaviour, 1, 0).headers).not.toHaveProperty('retry-after');
    for (const status of [429, 503]) {
      expect(fateOf(behaviour, 1, 0, { status }).headers).toHaveProperty('retry-after', '2');
    }
    expect(fateOf(behaviour, 1, 0, { status: 500 }).headers).not.toHaveProperty('retry-after');
    const asked = fateOf(behaviour, 1, 0, { status: 301, retryAfter: 5_000 });
    expect(asked.headers).toHaveProperty('retry-after', '5');
  });

  it('lets a step override headers whatever their case', () => {
    const behaviour = resolve({ headers: { 'Content-Type': 'text/plain', 'X-A': '1' } });
    const { headers } = fateOf(behaviour, 1, 0, { headers: { 'CONTENT-TYPE': 'text/html' } });
    expect(headers).toEqual({ 'content-type': 'text/html', 'x-a': '1' });
  });

  it('lets a step stand above all chance', () => {
    const behaviour = resolve({ failureRate: 1 });
    expect(fateOf(behaviour, 1, 0, { status: 201 })).toMatchObject({
      status: 201,
      fault: undefined,
    });
    expect(fateOf(behaviour, 1, 0, { fault: 'hang' })).toMatchObject({ fault: 'hang' });
    expect(fateOf(behaviour, 1, 0, { latency: 30 })).toMatchObject({ status: 200, latencyMs: 30 });
  });
});
