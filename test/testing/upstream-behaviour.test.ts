import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseData } from '../../src/config/plain-data.js';
import { ConfigError } from '../../src/errors.js';
import {
  BEHAVIOUR_DEFAULTS,
  behaviourSchema,
  type Fate,
  fateOf,
  scriptSchema,
  type UpstreamBehaviour,
  upstreamSchema,
} from '../../src/testing/upstream-behaviour.js';
import { UpstreamCounts } from '../../src/testing/upstream-counts.js';
import { draw, logNormal } from '../../src/testing/upstream-random.js';

const resolve = (behaviour: UpstreamBehaviour = {}) =>
  parseData(behaviourSchema, behaviour, 'behave');
const fates = (behaviour: UpstreamBehaviour, count: number, seed = 1): Fate[] =>
  Array.from({ length: count }, (_, request) => fateOf(resolve(behaviour), seed, request));
const share = (all: readonly Fate[], test: (fate: Fate) => boolean): number =>
  all.filter(test).length / all.length;
const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN;

function mistake(make: () => unknown): ConfigError {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

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

  it('has the defaults that BEHAVIOUR_DEFAULTS pins', () => {
    expect(resolve()).toEqual(BEHAVIOUR_DEFAULTS);
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

describe('options', () => {
  it.each([
    [{ latncy: 5 }, 'behave.latncy'],
    [{ latency: 'soon' }, 'behave.latency'],
    [{ latency: { median: 10, p99: 5 } }, 'behave.latency'],
    [{ latency: { median: 0, p99: 5 } }, 'behave.latency'],
    [{ status: 99 }, 'behave.status'],
    [{ failureRate: 1.1 }, 'behave.failureRate'],
    [{ failureStatuses: [] }, 'behave.failureStatuses'],
    [{ failureStatuses: [503, 600] }, 'behave.failureStatuses[1]'],
    [{ retryAfter: '1500ms' }, 'behave.retryAfter'],
    [{ faults: { hang: 2 } }, 'behave.faults.hang'],
    [{ faults: { hang: 0.6 }, failureRate: 0.6 }, 'behave.faults'],
    [{ capacity: { workers: 0, serviceTime: 5 } }, 'behave.capacity.workers'],
    [{ capacity: { workers: 1 } }, 'behave.capacity.serviceTime'],
  ])('%j is a mistake at %s', (behaviour, path) => {
    expect(mistake(() => resolve(behaviour as UpstreamBehaviour)).path).toBe(path);
  });

  it('names an unknown fault', () => {
    const error = mistake(() =>
      resolve({ faults: { hangs: 0.5 } } as unknown as UpstreamBehaviour),
    );
    expect(error.message).toContain('hang');
  });

  it('takes shares that add up to exactly 1 in floating point', () => {
    const faults = { hang: 0.1, reset: 0.2, close: 0.3, truncate: 0.1, 'slow-body': 0.1 };
    expect(() => resolve({ failureRate: 0.2, faults })).not.toThrow();
  });

  it('checks seed and port together with the first behaviour', () => {
    const parse = (options: object) => parseData(upstreamSchema, options, 'flakyUpstream');
    expect(parse({})).toMatchObject({ seed: 1, port: 0, status: 200 });
    expect(mistake(() => parse({ port: 70_000 })).path).toBe('flakyUpstream.port');
    expect(mistake(() => parse({ seed: 0.5 })).path).toBe('flakyUpstream.seed');
    expect(mistake(() => parse({ prot: 1 })).path).toBe('flakyUpstream.prot');
  });

  it('accepts steps as numbers, texts, faults and objects, and names the wrong one', () => {
    const parse = (steps: unknown[]) => parseData(scriptSchema, { path: '/a', steps }, 'script');
    expect(parse([503, '429', 'hang', { status: 500, latency: '1s' }]).steps).toEqual([
      { status: 503 },
      { status: 429 },
      { fault: 'hang' },
      { status: 500, latency: 1_000 },
    ]);
    for (const wrong of [99, '99', '5003', 'hangs', null, { statsu: 500 }, { status: 700 }]) {
      expect(mistake(() => parse([200, wrong])).path).toMatch(/^script\.steps\[1\]/);
    }
  });
});

describe('chance', () => {
  it('draws numbers in [0, 1) for any input', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(), fc.nat(20), (seed, request, purpose) => {
        const number = draw(seed, request, purpose);
        return number >= 0 && number < 1;
      }),
    );
  });

  it('is evenly spread and does not repeat from purpose to purpose', () => {
    const count = 20_000;
    const buckets = new Array<number>(10).fill(0);
    let product = 0;
    for (let request = 0; request < count; request += 1) {
      const a = draw(5, request, 0);
      const b = draw(5, request, 1);
      const bucket = Math.floor(a * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      product += (a - 0.5) * (b - 0.5);
    }
    for (const bucket of buckets) {
      expect(bucket).toBeGreaterThan(count * 0.09);
      expect(bucket).toBeLessThan(count * 0.11);
    }
    expect(Math.abs(product / count)).toBeLessThan(0.002);
  });

  it('makes positive, finite log-normal values of any two draws', () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(unit, unit, (u, v) => {
        const value = logNormal(20, 80, u, v);
        return value > 0 && Number.isFinite(value);
      }),
    );
  });
});

describe('docs/testing.md', () => {
  const page = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
  const rowOf = (name: string): string =>
    page.split('\n').find((line) => line.split('|')[1]?.includes(`\`${name}\``)) ?? '';

  it('has a row for every option, with its default', () => {
    const options = Object.keys(behaviourSchema().shape);
    expect(options.filter((option) => rowOf(option) === '')).toEqual([]);
    for (const option of ['latency', 'status', 'body', 'failureRate'] as const) {
      expect(rowOf(option)).toContain(String(BEHAVIOUR_DEFAULTS[option]));
    }
    expect(rowOf('failureStatuses')).toContain('`[503]`');
    expect(rowOf('slowBody')).toContain('`1s`');
  });

  it('has a row for every fault and every outcome', () => {
    const names = ['hang', 'reset', 'close', 'truncate', 'slow-body'];
    const outcomes = Object.keys(new UpstreamCounts().snapshot(0, 0).outcomes);
    expect([...names, ...outcomes].filter((name) => rowOf(name) === '')).toEqual([]);
  });
});
