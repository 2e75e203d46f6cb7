import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapEdge, MapNode, ServiceMap } from '../../../src/index.js';
import { AddressBook, addressOf } from '../../../src/registry/map/address.js';
import { joinMaps } from '../../../src/registry/map/join-maps.js';

interface Told extends Partial<MapEdge> {
  readonly name: string;
  readonly at?: string;
}

/** The map of one service. */
function mapOf(service: string, listens: readonly string[], ...calls: readonly Told[]): ServiceMap {
  const from = `service:${service}`;
  const nodes: MapNode[] = [
    { id: from, name: service, kind: 'service', critical: false, addresses: listens },
  ];
  const edges: MapEdge[] = [];
  for (const { name, at, critical = false, ...rest } of calls) {
    const to = `dependency:${name}`;
    nodes.push({ id: to, name, kind: 'dependency', critical, addresses: at ? [at] : [] });
    const usual = { kind: 'fetch', status: 'ok', reasons: [], inFlight: 0 } as const;
    edges.push({ from, to, member: name, critical, ...usual, ...rest });
  }
  return { nodes, edges };
}

/** Who calls whom, by name. */
function calls({ nodes, edges }: ServiceMap): string[] {
  const names = new Map(
    nodes.map(({ id, name, kind }) => [id, kind === 'service' ? name : `(${name})`]),
  );
  return edges.map(({ from, to }) => `${names.get(from)} > ${names.get(to)}`);
}

describe('joinMaps', () => {
  it('V6: joins a dependency with the service that has its name', () => {
    const all = joinMaps(
      mapOf('orders', [], { name: 'stock', critical: true }),
      mapOf('stock', []),
    );
    expect(calls(all)).toEqual(['orders > stock']);
    expect(all.nodes).toHaveLength(2);
    expect(all.nodes[1]).toMatchObject({ name: 'stock', kind: 'service', critical: true });
  });

  it('V6: joins a dependency with the service that listens at its address', () => {
    const stock = mapOf('stock', ['stock.internal:8080']);
    const at = (address: string) =>
      calls(joinMaps(mapOf('orders', [], { name: 'x', at: address }), stock));
    expect(at('stock.internal:8080')).toEqual(['orders > stock']);
    expect(at('STOCK.internal.:8080')).toEqual(['orders > stock']);
    expect(at('stock.internal')).toEqual(['orders > stock']);
    expect(at('stock.internal:9090')).toEqual(['orders > (x)']);
    expect(at('stock.example:8080')).toEqual(['orders > (x)']);
  });

  it('V6: takes the address for more than the name, and host and port for more than the host', () => {
    const others = [
      mapOf('a', ['localhost:1']),
      mapOf('b', ['localhost:2']),
      mapOf('c', ['localhost']),
    ];
    const at = (name: string, address: string) =>
      calls(joinMaps(mapOf('orders', [], { name, at: address }), ...others));
    expect(at('a', 'localhost:2')).toEqual(['orders > b']);
    expect(at('x', 'localhost:1')).toEqual(['orders > a']);
    expect(at('x', 'localhost:3')).toEqual(['orders > c']);
  });

  it('V6: joins a dependency whose host is the name of a service', () => {
    const all = joinMaps(mapOf('orders', [], { name: 'x', at: 'Stock:8080' }), mapOf('stock', []));
    expect(calls(all)).toEqual(['orders > stock']);
    const far = joinMaps(
      mapOf('orders', [], { name: 'x', at: 'stock.example:80' }),
      mapOf('stock', []),
    );
    expect(calls(far)).toEqual(['orders > (x)']);
  });

  it('V6: does not guess where several services listen, and says so', () => {
    const others = [mapOf('a', ['10.0.0.1:80']), mapOf('b', ['10.0.0.1:80'])];
    const unclear = joinMaps(mapOf('orders', [], { name: 'x', at: '10.0.0.1:80' }), ...others);
    expect(calls(unclear)).toEqual(['orders > (x)']);
    expect(unclear.nodes.at(-1)?.ambiguous).toEqual(['a', 'b']);
    const named = joinMaps(mapOf('orders', [], { name: 'b', at: '10.0.0.1:80' }), ...others);
    expect(calls(named)).toEqual(['orders > b']);
  });

  it('V6: makes one of the instances of a service, and of their calls', () => {
    const busy = {
      name: 'stock',
      rate: 30,
      errorShare: 0.1,
      refusedShare: 0,
      p99Ms: 20,
      inFlight: 1,
    };
    const bad = {
      name: 'stock',
      rate: 10,
      errorShare: 0.5,
      p99Ms: 90,
      inFlight: 2,
      state: 'open',
      status: 'down',
      reasons: ['circuit_open'],
    } as const;
    const all = joinMaps(mapOf('orders', ['a:1'], busy), mapOf('orders', ['b:1'], bad));
    expect(all.nodes).toMatchObject([
      { name: 'orders', addresses: ['a:1', 'b:1'] },
      { name: 'stock' },
    ]);
    expect(all.edges).toHaveLength(1);
    expect(all.edges[0]).toMatchObject({
      rate: 40,
      errorShare: 0.2,
      refusedShare: 0,
      p99Ms: 90,
      inFlight: 3,
      state: 'open',
      status: 'down',
      reasons: ['circuit_open'],
    });
  });

  it('knows of a sum what is known of its parts', () => {
    const of = (told: Partial<MapEdge>) => mapOf('orders', [], { name: 'stock', ...told });
    const [edge] = joinMaps(of({}), of({ rate: 2, errorShare: 0.5 })).edges;
    expect(edge).toMatchObject({ rate: 2, errorShare: 0.5, refusedShare: undefined });
    const [idle] = joinMaps(of({ rate: 0 }), of({ rate: 0 })).edges;
    expect(idle).toMatchObject({ rate: 0, errorShare: undefined, p99Ms: undefined });
  });

  it('makes one of dependencies with the same address, or with the same name and none', () => {
    const orders = mapOf('orders', [], { name: 'pay', at: 'api.pay.example:443' }, { name: 'db' });
    const bills = mapOf('bills', [], { name: 'psp', at: 'api.pay.example' }, { name: 'db' });
    const news = mapOf('news', [], { name: 'db', at: 'db.news.internal' });
    const all = joinMaps(orders, bills, news);
    expect(all.nodes.map(({ name }) => name)).toEqual([
      'orders',
      'bills',
      'news',
      'pay',
      'db',
      'db',
    ]);
    expect(calls(all)).toEqual([
      'orders > (pay)',
      'orders > (db)',
      'bills > (pay)',
      'bills > (db)',
      'news > (db)',
    ]);
    expect(new Set(all.nodes.map(({ id }) => id)).size).toBe(6);
  });

  it('joins services in a circle, and one that calls itself', () => {
    const a = mapOf('a', [], { name: 'b' }, { name: 'a' });
    const b = mapOf('b', [], { name: 'a' });
    expect(calls(joinMaps(a, b))).toEqual(['a > b', 'a > a', 'b > a']);
  });

  it('is nothing without maps, and what it was with one', () => {
    expect(joinMaps()).toEqual({ nodes: [], edges: [] });
    const one = mapOf('orders', [], { name: 'stock' });
    expect(joinMaps(one)).toEqual(one);
  });

  it('does not change the maps, and joins what it has joined', () => {
    const maps = [mapOf('a', [], { name: 'b' }), mapOf('b', [], { name: 'c' }), mapOf('c', [])];
    const before = JSON.stringify(maps);
    const all = joinMaps(...maps);
    expect(JSON.stringify(maps)).toBe(before);
    expect(joinMaps(all)).toEqual(all);
  });

  it.each([[undefined], [null], [{}], ['map'], [Promise.resolve()]])('refuses %o', (map) => {
    expect(() => joinMaps(map as never)).toThrow(TypeError);
    expect(() => joinMaps(map as never)).toThrow('await registry.map()');
  });

  it('V7: leaves out an edge to nowhere', () => {
    const map = mapOf('a', [], { name: 'b' });
    expect(joinMaps({ ...map, nodes: map.nodes.slice(0, 1) }).edges).toEqual([]);
  });
});

describe('addresses that agree', () => {
  it('V6: are found as by a comparison of each with each', () => {
    const address = fc
      .tuple(fc.constantFrom('a', 'A', 'a.b', 'a.b.', '[::1]', ''), fc.constantFrom('', ':1', ':2'))
      .map((parts) => parts.join(''));
    const lists = fc.array(address, { maxLength: 3 });
    /** 2 in host and port, 1 in the host where a port is not known, 0 not at all. */
    const agreement = (one: string, other: string): number => {
      const [a, b] = [addressOf(one), addressOf(other)];
      if (a.host !== b.host || a.host === '') return 0;
      if (a.port === b.port) return 2;
      return a.port === undefined || b.port === undefined ? 1 : 0;
    };
    fc.assert(
      fc.property(fc.array(lists, { maxLength: 6 }), lists, (all, asked) => {
        const book = new AddressBook();
        for (const [i, each] of all.entries()) book.add(`${i}`, each);
        const near = all.map((each) =>
          Math.max(0, ...asked.flatMap((a) => each.map((b) => agreement(a, b)))),
        );
        const best = Math.max(0, ...near);
        const expected = near.flatMap((each, i) => (best > 0 && each === best ? `${i}` : []));
        expect(book.nearest(asked)).toEqual(expected);
      }),
    );
  });

  it('V6: are found among thousands of services', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `s${i}`);
    const services = names.map((name) => mapOf(name, [`${name}.internal:80`]));
    const called = names.map((name) => ({ name: `to ${name}`, at: `${name}.internal:80` }));
    const others = names.map((name) => ({ name, at: `${name}.example` }));
    const all = joinMaps(...services, mapOf('web', [], ...called, ...others));
    expect(all.nodes).toHaveLength(5_001);
    expect(all.edges).toHaveLength(10_000);
  });

  it('makes sums that another reader takes, of numbers that are too large', () => {
    const large = { rate: 1e308, errorShare: 1, inFlight: 1e308 };
    const all = joinMaps(
      mapOf('a', [], { name: 'b', ...large }),
      mapOf('a', [], { name: 'b', ...large }),
    );
    expect(joinMaps(JSON.parse(JSON.stringify(all)))).toEqual(all);
  });
});
