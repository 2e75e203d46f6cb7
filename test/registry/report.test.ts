import {
  adaptiveLimiter,
  bulkhead,
  ConfigError,
  circuitBreaker,
  type Gate,
  keyed,
  pipeline,
  rateLimiter,
  registry,
  retry,
  throttle,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { never } from '../pipeline/support/deferred.js';

const down = () => Promise.reject(new Error('down'));
const quick = (more: object = {}) =>
  circuitBreaker({
    consecutiveFailures: 1,
    failingFor: 0,
    openFor: '5s',
    openForSpread: 0,
    ...more,
  });

function set() {
  const clock = new VirtualClock();
  return { clock, ours: registry() };
}

describe('a health report', () => {
  it('M6: of an empty registry is ok', () => {
    expect(registry().health()).toEqual({ status: 'ok', dependencies: {} });
  });

  it('M6: is plain JSON, and says of each member what it is and how', async () => {
    const { clock, ours } = set();
    const payments = pipeline({ name: 'payments', clock, registry: ours, critical: true }, quick());
    pipeline({ name: 'bare', clock, registry: ours });
    keyed(pipeline({ name: 'tenants', clock, registry: ours }, quick()));
    expect(ours.health()).toEqual({
      status: 'ok',
      dependencies: {
        payments: { status: 'ok', kind: 'pipeline', critical: true, reasons: [] },
        bare: { status: 'ok', kind: 'pipeline', critical: false, reasons: [] },
        tenants: {
          status: 'ok',
          kind: 'keyed',
          critical: false,
          reasons: [],
          keys: { ok: 0, degraded: 0, down: 0 },
        },
      },
    });
    await payments.settle(down);
    const report = ours.health();
    expect(report.status).toBe('down');
    expect(report.dependencies['payments']).toEqual({
      status: 'down',
      kind: 'pipeline',
      critical: true,
      reasons: [{ status: 'down', reason: 'circuit_open', policy: 'circuit_breaker' }],
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('M6: is down as a whole only for a critical dependency', async () => {
    const { clock, ours } = set();
    const extra = pipeline({ name: 'extra', clock, registry: ours }, quick());
    pipeline({ name: 'vital', clock, registry: ours, critical: true }, quick());
    await extra.settle(down);
    const { status, dependencies } = ours.health();
    expect([status, dependencies['extra']?.status]).toEqual(['degraded', 'down']);
  });

  it('M6: gets better with time alone, so that a service out of rotation comes back', async () => {
    const { clock, ours } = set();
    const vital = pipeline({ name: 'vital', clock, registry: ours, critical: true }, quick());
    await vital.settle(down);
    expect(ours.health().status).toBe('down');
    await clock.advance('4999ms');
    expect(ours.health().status).toBe('down');
    await clock.advance(1);
    expect(ours.health().dependencies['vital']).toMatchObject({
      status: 'degraded',
      reasons: [{ reason: 'circuit_half_open' }],
    });
    expect(ours.health().status).toBe('degraded');
  });

  it('M6: counts the keys, and tells of the worst first, of 10 at most', async () => {
    const { clock, ours } = set();
    const hosts = keyed(
      pipeline({ name: 'hosts', clock, registry: ours }, quick(), bulkhead({ maxConcurrent: 1 })),
    );
    for (let i = 0; i < 8; i++) void hosts.execute(`full${i}`, never);
    for (let i = 0; i < 8; i++) await hosts.settle(`down${i}`, down);
    await hosts.execute('ok', () => 1);
    const health = ours.health().dependencies['hosts'];
    expect(health).toMatchObject({ status: 'degraded', keys: { ok: 1, degraded: 8, down: 8 } });
    expect(health?.reasons.map(({ key, reason }) => `${key} ${reason}`)).toEqual([
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `down${i} circuit_open`),
      'full0 at_limit',
      'full1 at_limit',
    ]);
    for (let i = 8; i < 20; i++) await hosts.settle(`down${i}`, down);
    expect(ours.health().dependencies['hosts']?.reasons).toHaveLength(10);
  });

  it('M6: looks at ten thousand keys of a member at most, as does the map', async () => {
    const { clock, ours } = set();
    const hosts = keyed(pipeline({ name: 'hosts', clock, registry: ours }, quick()), {
      maxKeys: 20_000,
    });
    for (let i = 0; i < 10_000; i++) hosts.get(`${i}`);
    await hosts.execute('one more', down).catch(() => {});
    const keys = { ok: 10_000, degraded: 0, down: 0 };
    expect(ours.health().dependencies).toMatchObject({ hosts: { status: 'ok', keys } });
    const { edges } = await ours.map();
    expect(edges.reduce((sum, edge) => sum + (edge.keys ?? 1), 0)).toBe(10_000);
  });

  it('M6: a keyed one is down when all its keys are', async () => {
    const { clock, ours } = set();
    const hosts = keyed(
      pipeline({ name: 'hosts', clock, registry: ours, critical: true }, quick()),
    );
    for (const key of ['a', 'b']) await hosts.settle(key, down);
    expect(ours.health().status).toBe('down');
    await hosts.execute('c', () => 1);
    expect(ours.health().status).toBe('degraded');
  });

  it('M6: shows keys without the secrets that a URL may have', async () => {
    const { clock, ours } = set();
    const hosts = keyed(pipeline({ name: 'hosts', clock, registry: ours }, quick()));
    await hosts.settle('http://me:secret@a.example', down);
    const text = JSON.stringify(ours.health());
    expect(text).toContain('a.example');
    expect(text).not.toContain('secret');
  });

  it('M6: knows the states of a fetch by origin', async () => {
    const { clock, ours } = set();
    const fetch = resilientFetch({
      clock,
      registry: ours,
      policies: [quick()],
      fetch: async (url: string) => new Response('', { status: url.includes('bad') ? 503 : 200 }),
    });
    await fetch('http://good.example/x');
    await fetch('http://bad.example/x');
    expect(ours.health().dependencies['fetch']).toEqual({
      status: 'degraded',
      kind: 'fetch',
      critical: false,
      reasons: [
        {
          status: 'down',
          reason: 'circuit_open',
          policy: 'circuit_breaker',
          key: 'http://bad.example',
        },
      ],
      keys: { ok: 1, degraded: 0, down: 1 },
    });
  });

  it('M6: an isolated breaker is down, one in a dry run only degraded', async () => {
    const { clock, ours } = set();
    const breaker = circuitBreaker();
    const dry = quick({ dryRun: true });
    pipeline({ name: 'isolated', clock, registry: ours }, breaker);
    const tried = pipeline({ name: 'dry', clock, registry: ours }, dry);
    const isolation = breaker.isolate();
    await tried.settle(down);
    expect(ours.health().dependencies).toMatchObject({
      isolated: { status: 'down', reasons: [{ reason: 'circuit_isolated' }] },
      dry: { status: 'degraded', reasons: [{ reason: 'circuit_open', status: 'degraded' }] },
    });
    isolation.release();
    expect(ours.health().dependencies['isolated']?.status).toBe('ok');
  });

  it('M6: tells the share of calls that fail, from the threshold on', async () => {
    const { clock, ours } = set();
    const breaker = circuitBreaker({
      failureRate: 0.9,
      window: '10s',
      minimumCalls: 100,
      consecutiveFailures: false,
    });
    const one = pipeline({ name: 'one', clock, registry: ours }, breaker);
    for (let i = 0; i < 20; i++) await one.settle(i < 5 ? down : () => 1);
    expect(ours.health().dependencies['one']?.reasons).toEqual([
      { status: 'degraded', reason: 'failing', share: 0.25, policy: 'circuit_breaker' },
    ]);
    expect(ours.health({ failingShare: 0.26 }).status).toBe('ok');
    await clock.advance('1m');
    expect(ours.health().status).toBe('ok');
  });

  it('M6: hears of limits that refuse', async () => {
    const { clock, ours } = set();
    const of = (name: string) => ({ name, clock, registry: ours });
    const quota = pipeline(of('quota'), rateLimiter({ limit: 1, per: '1s' }));
    const full = pipeline(of('full'), bulkhead({ maxConcurrent: 1 }));
    const throttled = pipeline(
      of('throttled'),
      throttle({ minimumCalls: 1, random: () => 0.999999 }),
    );
    pipeline(of('floor'), adaptiveLimiter({ minLimit: 1, initialLimit: 1 }));
    await quota.execute(() => 1);
    void full.execute(never);
    for (let i = 0; i < 20; i++) await throttled.settle(down);
    expect(
      Object.entries(ours.health().dependencies).map(([name, { status, reasons }]) => [
        name,
        status,
        reasons[0]?.reason,
      ]),
    ).toEqual([
      ['quota', 'degraded', 'rate_limited'],
      ['full', 'degraded', 'at_limit'],
      ['throttled', 'degraded', 'throttled'],
      ['floor', 'degraded', 'limit_at_floor'],
    ]);
    await clock.advance('1s');
    expect(ours.health().dependencies['quota']?.status).toBe('ok');
  });

  it.each(['pipeline', 'keyed', 'fetch'] as const)('M6: a draining %s is down', async (kind) => {
    const { clock, ours } = set();
    const common = { name: 'x', clock, registry: ours, critical: true };
    if (kind === 'fetch') resilientFetch(common);
    else if (kind === 'keyed') keyed(pipeline(common, retry()));
    else pipeline(common, retry());
    await ours.drain();
    expect(ours.health()).toMatchObject({
      status: 'down',
      dependencies: { x: { kind, status: 'down', reasons: [{ reason: 'draining' }] } },
    });
  });

  it("M6: leaves out what a policy of the user's cannot tell", () => {
    const { clock, ours } = set();
    const own: Gate = {
      role: 'gate',
      type: 'own',
      enter: () => undefined,
      exit: () => {},
      measure: () => {
        throw new Error('not now');
      },
    };
    pipeline({ name: 'one', clock, registry: ours }, own, quick());
    expect(ours.health().status).toBe('ok');
    ours.require('one');
  });

  it.each([[{ failingShare: 2 }], [{ failingShare: 'x' }], [{ share: 0.1 }], [5]])(
    'M6: the options %j are refused',
    (options) => {
      expect(() => registry().health(options as never)).toThrow(ConfigError);
    },
  );

  it('M6: asking changes nothing: copies stay as they are, and no call is counted', () => {
    const { clock, ours } = set();
    const hosts = keyed(pipeline({ name: 'hosts', clock, registry: ours }, quick()));
    for (let i = 0; i < 100; i++) hosts.get(`k${i}`);
    const before = JSON.stringify(hosts.snapshot());
    expect(ours.health().dependencies['hosts']?.keys).toEqual({ ok: 100, degraded: 0, down: 0 });
    expect(JSON.stringify(hosts.snapshot())).toBe(before);
  });
});
