import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseData } from '../../src/config/plain-data.js';
import { ConfigError } from '../../src/errors.js';
import {
  BEHAVIOUR_DEFAULTS,
  behaviourSchema,
  scriptSchema,
  type UpstreamBehaviour,
  upstreamSchema,
} from '../../src/testing/upstream-behaviour.js';
import { UpstreamCounts } from '../../src/testing/upstream-counts.js';
import { draw, logNormal } from '../../src/testing/upstream-random.js';

const resolve = (behaviour: UpstreamBehaviour = {}) =>
  parseData(behaviourSchema, behaviour, 'behave');
function mistake(make: () => unknown): ConfigError {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('options', () => {
  it('has the defaults that BEHAVIOUR_DEFAULTS pins', () => {
    expect(resolve()).toEqual(BEHAVIOUR_DEFAULTS);
  });

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
