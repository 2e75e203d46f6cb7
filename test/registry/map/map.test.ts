import { afterEach, describe, expect, it } from 'vitest';
import { resilientFetch } from '../../../src/fetch/index.js';
import type { ServiceMap } from '../../../src/index.js';
import {
  ConfigError,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  registry,
  standard,
} from '../../../src/index.js';
import { serviceName } from '../../../src/registry/map/service-name.js';
import { VirtualClock } from '../../../src/testing/index.js';

const edgeOf = (map: ServiceMap, name: string) => {
  const node = map.nodes.find((each) => each.name === name);
  return map.edges.find(({ to }) => to === node?.id);
};

const ok = async () => 1;
const fails = async () => {
  throw new Error('secret');
};

describe('registry.map()', () => {
  it('V1: is plain JSON: this service, and an edge to each dependency', async () => {
    const ours = registry();
    pipeline({ name: 'payments', registry: ours, critical: true }, ...standard());
    pipeline({ name: 'cache', registry: ours });
    const map = await ours.map({ service: 'orders', addresses: ['orders.internal:8080'] });
    expect(JSON.parse(JSON.stringify(map))).toEqual({
      nodes: [
        {
          id: 'service:orders',
          name: 'orders',
          kind: 'service',
          critical: false,
          addresses: ['orders.internal:8080'],
        },
        {
          id: 'dependency:payments',
          name: 'payments',
          kind: 'dependency',
          critical: true,
          addresses: [],
        },
        {
          id: 'dependency:cache',
          name: 'cache',
          kind: 'dependency',
          critical: false,
          addresses: [],
        },
      ],
      edges: [
        {
          from: 'service:orders',
          to: 'dependency:payments',
          member: 'payments',
          kind: 'pipeline',
          critical: true,
          state: 'closed',
          status: 'ok',
          reasons: [],
          inFlight: 0,
        },
        {
          from: 'service:orders',
          to: 'dependency:cache',
          member: 'cache',
          kind: 'pipeline',
          critical: false,
          status: 'ok',
          reasons: [],
          inFlight: 0,
        },
      ],
    });
  });

  it('is a service alone without dependencies', async () => {
    expect(await registry().map({ service: 'orders' })).toMatchObject({
      nodes: [{ name: 'orders' }],
      edges: [],
    });
  });

  it('V2: tells rates and shares from the second look on, and never more than is known', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const payments = pipeline({ name: 'payments', clock, registry: ours });
    await payments.execute(ok);
    expect(edgeOf(await ours.map(), 'payments')?.rate).toBeUndefined();
    for (let i = 0; i < 6; i++) await payments.execute(ok);
    for (let i = 0; i < 2; i++) await payments.settle(fails);
    await clock.advance('4s');
    const edge = edgeOf(await ours.map(), 'payments');
    expect(edge).toMatchObject({ overMs: 4_000, rate: 2, errorShare: 0.25, refusedShare: 0 });
    expect(edge?.p99Ms).toBeUndefined();
  });

  it('counts the answers of a fallback as failures of the dependency', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const stock = pipeline({ name: 'stock', clock, registry: ours }, fallback('unknown'));
    await ours.map();
    await stock.execute(fails);
    await clock.advance('1s');
    expect(edgeOf(await ours.map(), 'stock')).toMatchObject({ rate: 1, errorShare: 1 });
  });

  it('V3: measures the latency of clients, and of all members if asked to', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
    const answer = async (_url: string) => {
      await wait(50);
      return new Response('{}');
    };
    const client = resilientFetch({ name: 'stock', clock, registry: ours, fetch: answer });
    const bare = pipeline({ name: 'cache', clock, registry: ours });
    const call = async () => {
      await clock.runUntil(client('http://stock.internal/1'));
      await clock.runUntil(bare.execute(() => wait(8)));
    };
    await ours.map();
    await call();
    await clock.advance('1s');
    const map = await ours.map();
    expect(edgeOf(map, 'stock')?.p99Ms).toBeGreaterThan(47);
    expect(edgeOf(map, 'stock')?.p99Ms).toBeLessThan(53);
    expect(edgeOf(map, 'cache')?.p99Ms).toBeUndefined();
    expect(edgeOf(map, 'cache')?.rate).toBeCloseTo(1 / 1.058, 6);
    await clock.advance('1s');
    // Nobody listens to a call that need not be measured.
    expect(bare.hub.active).toBe(false);
    await ours.map({ latency: true });
    expect(bare.hub.active).toBe(true);
    await call();
    await clock.advance('1s');
    expect(edgeOf(await ours.map(), 'cache')?.p99Ms).toBeCloseTo(8, 0);
    client.dispose();
  });

  it('V3: measures nobody if asked so', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const client = resilientFetch({
      clock,
      registry: ours,
      fetch: async (_url: string) => new Response(),
    });
    await ours.map({ latency: false });
    await client('http://stock.internal/1');
    await clock.advance('1s');
    expect(edgeOf(await ours.map({ latency: false }), 'fetch')).toMatchObject({
      rate: 1,
      p99Ms: undefined,
    });
    client.dispose();
  });

  it('V4: draws an edge for each key, and names it by its address without secrets', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const client = resilientFetch({
      clock,
      registry: ours,
      fetch: async (_url: string) => new Response(),
    });
    await ours.map({ service: 'orders' });
    await client('http://stock.internal/1');
    await client('http://stock.internal/2');
    await client('https://pay.example:8443/1');
    await clock.advance('1s');
    await ours.map();
    await client('http://stock.internal/3');
    await clock.advance('1s');
    const map = await ours.map();
    expect(map.nodes.slice(1)).toMatchObject([
      { name: 'stock.internal', addresses: ['stock.internal:80'] },
      { name: 'pay.example:8443', addresses: ['pay.example:8443'] },
    ]);
    expect(edgeOf(map, 'stock.internal')).toMatchObject({ member: 'fetch', rate: 1.5 });
    client.dispose();

    const tenants = keyed(pipeline({ name: 'tenants', registry: ours }));
    for (const user of ['eve:s3cret', 'bob:hunter2']) {
      await tenants.execute(`redis://${user}@cache.internal:6379`, ok);
    }
    await tenants.execute('acme', ok);
    const told = await ours.map();
    expect(JSON.stringify(told)).not.toMatch(/s3cret|hunter2|eve|bob/);
    expect(told.nodes.slice(1)).toMatchObject([
      { name: 'cache.internal:6379', addresses: ['cache.internal:6379'] },
      { name: 'tenants [acme]', addresses: [] },
    ]);
  });

  it('V4: shows at most 20 keys of a member, the worst and busiest first, and sums up the rest', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const policies = circuitBreaker({
      failingFor: 0,
      consecutiveFailures: 1,
      minimumCalls: 1_000,
      openFor: '1m',
    });
    const shards = keyed(pipeline({ name: 'shards', clock, registry: ours }, policies));
    await ours.map({ latency: true });
    for (let i = 0; i < 50; i++) {
      for (let n = 0; n <= i; n++) await shards.execute(`s${i}`, ok);
    }
    await shards.settle('s3', fails);
    await clock.advance('1s');
    const { nodes, edges } = await ours.map();
    expect(nodes).toHaveLength(21);
    expect(edges).toHaveLength(20);
    expect(edges[0]).toMatchObject({ key: 's3', state: 'open', status: 'down', rate: 5 });
    expect(edges[0]?.reasons).toEqual(['circuit_open']);
    expect(edges.slice(1, 4).map(({ key }) => key)).toEqual(['s49', 's48', 's47']);
    expect(nodes.at(-1)).toMatchObject({ name: 'shards: 31 more' });
    const all = edges.reduce((sum, { rate = 0 }) => sum + rate, 0);
    expect(all).toBeCloseTo(1_276, 5);
    expect(edges.at(-1)).toMatchObject({ keys: 31, state: 'closed', key: undefined });
  });

  it('says down while a member drains', async () => {
    const ours = registry();
    const payments = pipeline({ name: 'payments', registry: ours });
    await payments.drain();
    expect(edgeOf(await ours.map(), 'payments')).toMatchObject({
      status: 'down',
      reasons: ['draining'],
    });
  });

  it('forgets what has left, and measures what takes its name from its own first look on', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const first = pipeline({ name: 'payments', clock, registry: ours });
    await ours.map();
    await first.execute(ok);
    first.dispose();
    expect((await ours.map()).edges).toEqual([]);
    pipeline({ name: 'payments', clock, registry: ours });
    await clock.advance('1s');
    expect(edgeOf(await ours.map(), 'payments')?.rate).toBeUndefined();
  });

  it.each([
    [{ service: '' }, 'map.service'],
    [{ service: 3 }, 'map.service'],
    [{ addresses: 'orders' }, 'map.addresses'],
    [{ addresses: ['http://orders'] }, 'map.addresses'],
    [{ addresses: [1] }, 'map.addresses'],
    [{ latency: 'yes' }, 'map.latency'],
    [{ name: 'orders' }, 'map.name'],
    [7, 'map'],
  ])('refuses %o', async (options, path) => {
    const refused = registry().map(options as never);
    await expect(refused).rejects.toBeInstanceOf(ConfigError);
    await expect(refused).rejects.toThrow(path);
  });
});

describe('the name of this service', () => {
  const named = (environment: Record<string, string>) => serviceName((name) => environment[name]);

  it('V5: is what OpenTelemetry finds in the environment', () => {
    expect(named({})).toBe('unknown_service');
    expect(named({ OTEL_SERVICE_NAME: 'orders' })).toBe('orders');
    const attributes = 'service.version=2, service.name = order%20desk,x=service.name=no';
    expect(named({ OTEL_RESOURCE_ATTRIBUTES: attributes })).toBe('order desk');
    expect(named({ OTEL_RESOURCE_ATTRIBUTES: attributes, OTEL_SERVICE_NAME: 'orders' })).toBe(
      'orders',
    );
    expect(named({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=50%' })).toBe('50%');
    expect(named({ OTEL_RESOURCE_ATTRIBUTES: 'other.service.name=x' })).toBe('unknown_service');
    expect(named({ OTEL_SERVICE_NAME: '', OTEL_RESOURCE_ATTRIBUTES: 'service.name=' })).toBe(
      'unknown_service',
    );
  });

  it('V5: is read from the environment of the process', async () => {
    process.env['OTEL_SERVICE_NAME'] = 'from-the-environment';
    expect((await registry().map()).nodes[0]?.name).toBe('from-the-environment');
  });

  afterEach(() => {
    delete process.env['OTEL_SERVICE_NAME'];
  });
});
