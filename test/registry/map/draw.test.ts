import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapEdge, MapNode, ServiceMap } from '../../../src/index.js';
import { graphOf } from '../../../src/registry/map/draw/graph.js';
import { CARD, LABEL, layoutOf } from '../../../src/registry/map/draw/layout.js';
import { cut, measuresOf, oneLine, stateOf } from '../../../src/registry/map/draw/texts.js';
import { joinMaps, mapToMermaid, mapToSvg } from '../../../src/services/index.js';

const node = (name: string, more: Partial<MapNode> = {}): MapNode => ({
  id: name,
  name,
  kind: 'dependency',
  critical: false,
  addresses: [],
  ...more,
});

const edge = (from: string, to: string, more: Partial<MapEdge> = {}): MapEdge => ({
  from,
  to,
  member: to,
  kind: 'fetch',
  critical: false,
  status: 'ok',
  reasons: [],
  inFlight: 0,
  ...more,
});

/** A service with so many dependencies. */
function star(count: number): ServiceMap {
  const names = Array.from({ length: count }, (_, i) => `d${i}`);
  return {
    nodes: [node('orders', { kind: 'service' }), ...names.map((name) => node(name))],
    edges: names.map((name) => edge('orders', name, { rate: 1, state: 'closed' })),
  };
}

/** Any graph: circles, edges to itself, several edges between two nodes, nodes on their own. */
const graphs = fc
  .record({
    count: fc.integer({ min: 0, max: 14 }),
    pairs: fc.array(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 40, size: 'max' }),
  })
  .map(({ count, pairs }): ServiceMap => {
    const nodes = Array.from({ length: count }, (_, i) => node(`n${i}`));
    const edges = pairs.filter(([a, b]) => a < count && b < count);
    return { nodes, edges: edges.map(([a, b]) => edge(`n${a}`, `n${b}`)) };
  });

const NASTY = [
  'a "quoted" name',
  "it's",
  '<script>alert(1)</script>',
  '</title></svg>',
  ']]> & &amp; #quot; #35;',
  'two\nlines\r\n  n0 --> n1',
  'end',
  'click n0 "javascript:alert(1)"',
  '`**markdown**`',
  '1. list',
  '- list',
  '%%{init: {"securityLevel":"loose"}}%%',
  '{{x}} [y] (z) |w| \\ ;',
  'x'.repeat(5_000),
  '認証サービス',
  'خدمة الدفع',
  '\u202Egnp.exe',
  '\u0000\u001B[31m',
  '\uD800',
  '\uFFFE\uFFFF',
  'constructor',
  '__proto__',
  '👩‍👩‍👧',
  '',
  ' ',
];

const nasty: ServiceMap = {
  nodes: [
    node('this', { kind: 'service' }),
    ...NASTY.map((name, i) =>
      node(name, { id: `x${i}`, addresses: [name], ambiguous: [name], critical: i % 2 === 0 }),
    ),
  ],
  edges: NASTY.map((name, i) =>
    edge('this', `x${i}`, {
      member: name,
      kind: name as 'fetch',
      state: name as 'open',
      status: name as 'ok',
      reasons: [name],
    }),
  ),
};

describe('mapToMermaid', () => {
  it('V8: is a flowchart: critical ones say so, a shut breaker is a cross, one that tries is dotted', () => {
    const map: ServiceMap = {
      nodes: [
        node('orders', { kind: 'service' }),
        node('payments', { critical: true, addresses: ['pay.internal:443'] }),
        node('stock'),
        node('email'),
      ],
      edges: [
        edge('orders', 'payments', {
          state: 'open',
          status: 'down',
          rate: 12.34,
          errorShare: 0.042,
          refusedShare: 0.5,
          p99Ms: 1_234,
        }),
        edge('orders', 'stock', { state: 'half_open', status: 'degraded' }),
        edge('orders', 'email', { state: 'closed', rate: 1_234.5 }),
      ],
    };
    expect(mapToMermaid(map).replaceAll('\u00a0', '_')).toBe(`flowchart LR
  accTitle: Services and their dependencies
  classDef critical stroke-width:4px
  n0(["orders<br/>service"])
  n1["payments<br/>critical · fetch · pay.internal:443"]:::critical
  n2["stock<br/>fetch"]
  n3["email<br/>fetch"]
  n0 --x|"open<br/>12/s · 4.2#37;_errors · 50#37;_refused · p99_1.2_s"| n1
  n0 -.->|"half-open"| n2
  n0 -->|"closed<br/>1,235/s"| n3
  linkStyle 0 stroke:#d1242f,stroke-width:2px
  linkStyle 1 stroke:#bc4c00,stroke-width:2px
`);
  });

  it('V7: lets no name out of its place', () => {
    const lines = mapToMermaid(nasty).split('\n');
    const safe = String.raw`[\p{L}\p{M}\p{N} \u00a0.,:/@?=+…·_-]|#\d+;|<br\/>`;
    const line = new RegExp(
      String.raw`^  (?:n\d+(?:\(\["(?:${safe})*"\]\)|\["(?:${safe})*"\])(?::::critical)?|n\d+ (?:-->|--x|-\.->)\|"(?:${safe})*"\| n\d+)$`,
      'u',
    );
    const drawn = lines.slice(3, -1);
    expect(drawn).toHaveLength(1 + 2 * NASTY.length);
    for (const each of drawn) expect(each).toMatch(line);
  });

  it('draws a service alone, and nothing', () => {
    expect(mapToMermaid(star(0))).toContain('n0(["orders<br/>service"])');
    expect(mapToMermaid(joinMaps())).toMatch(/^flowchart LR\n/);
  });
});

/** Whether a text is well-formed XML, as far as this SVG uses it: tags that match, attributes in quotes, and no bare `<` or `&`. */
function assertWellFormed(text: string): void {
  const open: string[] = [];
  const rest = text.replace(
    /<(\/?)(\w+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g,
    (_, close: string, name: string, __, alone: string) => {
      if (close) expect(open.pop()).toBe(name);
      else if (!alone) open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/</);
  expect(rest.replace(/&#\d+;/g, '')).not.toMatch(/&/);
}

describe('mapToSvg', () => {
  it('V7: is well-formed, whatever the names are, and has no scripts or links', () => {
    const svg = mapToSvg(nasty);
    assertWellFormed(svg);
    expect(svg).not.toMatch(/<script|<a |href|<foreignObject|url\(|@import/);
    for (const each of ['\u202e', '\u0000', '\u001b']) expect(svg).not.toContain(each);
    // What XML does not allow.
    expect(svg).not.toMatch(/[\p{Cs}\ufffe\uffff]/u);
  });

  it('V7: knows no words that another service made up', () => {
    for (const word of ['constructor', '__proto__', 'toString']) {
      const made = edge('a', 'b', { state: word as 'open', status: word as 'ok', reasons: [word] });
      const map = { nodes: [node('a'), node('b')], edges: [made] };
      expect(mapToSvg(map)).toContain('a calls b: no breaker.');
      expect(mapToMermaid(map)).toContain('n0 -->|"no breaker"| n1');
      expect(mapToMermaid(map)).not.toContain('linkStyle');
    }
  });

  it('V7: says a long name once for each edge, and not whole', () => {
    const names = Array.from({ length: 40 }, (_, i) => `${'x'.repeat(10_000)}${i}`);
    const map = { nodes: names.map((name) => node(name)), edges: [] };
    const edges = names.slice(1).map((name) => edge(names[0] as string, name));
    expect(mapToSvg({ ...map, edges }).length).toBeLessThan(100_000);
  });

  it('V8: says in words what it shows: title, description, state, critical', () => {
    const svg = mapToSvg({
      nodes: [node('orders', { kind: 'service' }), node('payments', { critical: true })],
      edges: [edge('orders', 'payments', { state: 'open', status: 'down', p99Ms: 230 })],
    });
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>Dependencies of orders</title>');
    expect(svg).toContain('<desc>orders calls payments (critical): open, p99 230 ms.</desc>');
    expect(svg).toContain('<text class="hf-state"');
    expect(svg).toMatch(/>open<\/text>/);
    expect(svg).toMatch(/hf-vital/);
    expect(svg).toMatch(/>critical<\/tspan>/);
    expect(svg).toContain('prefers-color-scheme:dark');
    assertWellFormed(svg);
  });

  it.each([0, 1, 3, 12, 40, 100])('draws a service with %i dependencies', (count) => {
    const svg = mapToSvg(star(count));
    assertWellFormed(svg);
    expect(svg.match(/class="hf-card"/g)).toHaveLength(count + 1);
    expect(svg.match(/class="hf-line"/g) ?? []).toHaveLength(count);
  });

  it('draws nothing', () => {
    assertWellFormed(mapToSvg(joinMaps()));
    expect(mapToSvg(joinMaps())).toContain('There are no dependencies.');
  });

  it('draws a chain of three thousand services', () => {
    const nodes = Array.from({ length: 3_000 }, (_, i) => node(`n${i}`));
    const edges = nodes.slice(1).map(({ id }, i) => edge(`n${i}`, id));
    expect(mapToSvg({ nodes, edges }).match(/class="hf-line"/g)).toHaveLength(2_999);
  });

  it('stays small where edges pass thousands of layers', () => {
    const nodes = Array.from({ length: 1_500 }, (_, i) => node(`n${i}`));
    const edges = nodes.slice(1).flatMap(({ id }, i) => [edge(`n${i}`, id), edge('n0', id)]);
    const svg = mapToSvg({ nodes, edges });
    expect(svg.match(/class="hf-line"/g)).toHaveLength(2_997);
    expect(svg.length).toBeLessThan(5_000_000);
  });

  it('draws as many nodes as there are', () => {
    const nodes = Array.from({ length: 150_000 }, (_, i) => node(`n${i}`));
    expect(layoutOf({ nodes, edges: [] }).cards).toHaveLength(150_000);
  });

  const wrong: Partial<Record<keyof MapEdge, unknown>>[] = [
    { kind: {} },
    { state: { toString: 1 } },
    { status: null },
    { inFlight: '9' },
    { rate: Number.NaN },
    { rate: -1 },
    { errorShare: 1.5 },
    { p99Ms: null },
    { key: 5 },
    { critical: 'false' },
    { reasons: 'open' },
  ];
  it.each(wrong)('V7: refuses an edge with %o, and says where it is', (more) => {
    const map = { nodes: [node('a')], edges: [edge('a', 'a'), edge('a', 'a', more as object)] };
    for (const read of [mapToSvg, mapToMermaid, joinMaps]) {
      expect(() => read(map)).toThrow(`(wrong: edges[1].${Object.keys(more)[0]})`);
    }
  });

  it.each([{ ambiguous: 'ab' }, { ambiguous: null }, { addresses: [5] }, { critical: 1 }])(
    'V7: refuses a node with %o',
    (more) => {
      const map = { nodes: [node('a', more as object)], edges: [] };
      expect(() => joinMaps(map)).toThrow(`wrong: nodes[0].${Object.keys(more)[0]}`);
    },
  );

  it.each([[undefined], [{}], ['x'], [{ nodes: [{}], edges: [] }], [{ nodes: [], edges: [null] }]])(
    'refuses %o',
    (map) => {
      expect(() => mapToSvg(map as never)).toThrow(/mapToSvg: must be given a map/);
      expect(() => mapToMermaid(map as never)).toThrow(/mapToMermaid: must be given a map/);
    },
  );
});

describe('the layout of a map', () => {
  it('V9: draws every node and edge once, and no card or label covers another', () => {
    fc.assert(
      fc.property(graphs, (map) => {
        const graph = graphOf(map);
        const { cards, lines, width, height } = layoutOf(graph);
        expect(cards.map((each) => each.node).sort((a, b) => a - b)).toEqual(
          graph.nodes.map((_, i) => i),
        );
        expect(lines).toHaveLength(graph.edges.length);
        const boxes = [
          ...cards.map(({ x, y, height }) => ({ x, y, right: x + CARD.width, bottom: y + height })),
          // What an edge says stands in two lines, one above it and one below.
          ...lines.map(({ x, y }) => ({ x, y: y - 17, right: x + LABEL, bottom: y + 18 })),
        ];
        const isInside = (box: (typeof boxes)[0]) =>
          box.x >= 0 && box.right <= width && box.y >= 0 && box.bottom <= height;
        expect(boxes.filter((each) => !isInside(each))).toEqual([]);
        const covers = (a: (typeof boxes)[0], b: (typeof boxes)[0]) =>
          a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom;
        const pairs = boxes.flatMap((a, i) => boxes.slice(i + 1).map((b) => [a, b] as const));
        expect(pairs.filter(([a, b]) => covers(a, b))).toEqual([]);
      }),
    );
  });

  it('V9: puts callers before what they call, where there are no circles', () => {
    fc.assert(
      fc.property(graphs, (map) => {
        const ahead = map.edges.filter(
          ({ from, to }) => Number(from.slice(1)) < Number(to.slice(1)),
        );
        const graph = graphOf({ ...map, edges: ahead });
        const { cards } = layoutOf(graph);
        const xOf = new Map(cards.map(({ node, x }) => [node, x]));
        for (const { from, to } of graph.edges) {
          expect(xOf.get(from)).toBeLessThan(xOf.get(to) as number);
        }
      }),
    );
  });

  it('makes one line of several edges between two nodes', () => {
    const { edges } = graphOf({
      nodes: [node('a'), node('b')],
      edges: [
        edge('a', 'b', { rate: 1, state: 'closed' }),
        edge('a', 'b', { rate: 2, kind: 'grpc', state: 'open', status: 'down' }),
      ],
    });
    expect(edges).toMatchObject([
      { kinds: ['fetch', 'grpc'], edge: { rate: 3, state: 'open', status: 'down' } },
    ]);
  });
});

describe('texts of a map', () => {
  it('shows three digits at most', () => {
    const told = (more: Partial<MapEdge>) => measuresOf(edge('a', 'b', more)).join(' ');
    expect(told({ rate: 0 })).toBe('0/s');
    expect(told({ rate: 0.0123 })).toBe('0.012/s');
    expect(told({ rate: 12_345.6 })).toBe('12,346/s');
    expect(told({ errorShare: 0 })).toBe('0% errors');
    expect(told({ errorShare: 0.0001 })).toBe('<0.1% errors');
    expect(told({ errorShare: 0.99999 })).toBe('>99.9% errors');
    expect(told({ errorShare: 1 })).toBe('100% errors');
    expect(told({ refusedShare: 0 })).toBe('');
    expect(told({ p99Ms: 0.13 })).toBe('p99 0.13 ms');
    expect(told({ p99Ms: 230.4 })).toBe('p99 230 ms');
    expect(told({ p99Ms: 5_500 })).toBe('p99 5.5 s');
    expect(told({ p99Ms: 600_000 })).toBe('p99 10 min');
    expect(told({ p99Ms: Number.NaN, rate: 'x' as never })).toBe('');
  });

  it('names what is wrong beside the breaker', () => {
    const told = (more: Partial<MapEdge>) => stateOf(edge('a', 'b', more));
    expect(told({ state: 'closed', reasons: ['failing', 'limit_at_floor'] })).toBe(
      'closed, failing, limit at its floor',
    );
    expect(told({ state: 'open', reasons: ['circuit_open'] })).toBe('open');
    expect(told({})).toBe('no breaker');
    expect(told({ reasons: ['draining'], status: 'down' })).toBe('draining');
    expect(told({ reasons: ['unheard of'], status: 'degraded' })).toBe('degraded');
  });

  it('cuts names by their width, and never a letter in two', () => {
    expect(cut('inventory', 9)).toBe('inventory');
    expect(cut('inventory', 8)).toBe('invento…');
    expect(cut('認証サービス', 8)).toBe('認証サ…');
    expect(cut('👍👍👍', 4)).toBe('👍…');
    expect(oneLine('a\nb\u2028c')).toBe('a\u{fffd}b\u{fffd}c');
  });
});
