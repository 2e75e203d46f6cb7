import type { MapEdge, MapNode, ServiceMap } from './service-map.js';

const areTexts = (...values: readonly unknown[]): boolean =>
  values.every((each) => typeof each === 'string');

const isNode = (node: MapNode | null): boolean =>
  areTexts(node?.id, node?.name) &&
  Array.isArray(node?.addresses) &&
  areTexts(...node.addresses, ...(node.ambiguous ?? []));

const isEdge = (edge: MapEdge | null): boolean =>
  areTexts(edge?.from, edge?.to, edge?.member) &&
  Array.isArray(edge?.reasons) &&
  areTexts(...edge.reasons);

/**
 * Makes sure that something is a map, as far as its reader depends on it. It may come from another service.
 *
 * @throws TypeError
 */
export function assertMap(what: string, map: unknown): asserts map is ServiceMap {
  const { nodes, edges } = (map ?? {}) as { nodes?: unknown; edges?: unknown };
  if (Array.isArray(nodes) && Array.isArray(edges) && nodes.every(isNode) && edges.every(isEdge)) {
    return;
  }
  throw new TypeError(`${what}: must be given a map, as made by await registry.map()`);
}
