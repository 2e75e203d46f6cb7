import { merged } from '../merge.js';
import type { MapEdge, MapNode, ServiceMap } from '../service-map.js';

/** A map as it is drawn: each node once, and one edge for each pair of nodes. */
export interface Graph {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly GraphEdge[];
}

/** An edge between two nodes, by their places in the list. */
export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly edge: MapEdge;
  /** The kinds of the members that it stands for. */
  readonly kinds: readonly string[];
}

/** What each node is to those that call it: the kinds of the members. */
export function kindsOf({ nodes, edges }: Graph): readonly (readonly string[])[] {
  const kinds = nodes.map(() => new Set<string>());
  for (const edge of edges) for (const kind of edge.kinds) kinds[edge.to]?.add(kind);
  return kinds.map((each) => [...each]);
}

/** Reads a map. An edge to nowhere is left out. */
export function graphOf({ nodes, edges }: ServiceMap): Graph {
  const places = new Map(nodes.map(({ id }, i) => [id, i]));
  const pairs = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    if (from === undefined || to === undefined) continue;
    const pair = `${from} ${to}`;
    const known = pairs.get(pair);
    pairs.set(pair, {
      from,
      to,
      edge: known === undefined ? edge : merged(known.edge, edge),
      kinds: [...new Set([...(known?.kinds ?? []), edge.kind])],
    });
  }
  return { nodes, edges: [...pairs.values()] };
}
