import { addressOf, agreement } from './address.js';
import { assertMap } from './assert-map.js';
import { merged } from './merge.js';
import type { MapEdge, MapNode, ServiceMap } from './service-map.js';

/**
 * Joins the maps of several services. Services of one name are one, such as the instances of a service. A dependency is a service of these maps
 *
 * 1. if it has an address at which exactly one of them listens. Host and port count for more than a host alone. If several listen there, it is the one
 *    whose name it has, else none: `ambiguous` tells which it may be;
 * 2. else, if it has the name of a service;
 * 3. else, if its host is the name of a service, as in `http://inventory:8080`.
 *
 * Other dependencies are one if they have the same address, or none and the same name.
 *
 * @throws TypeError when something is no map.
 * @example
 * const all = joinMaps(await defaultRegistry.map(), ...mapsOfOthers);
 */
export function joinMaps(...maps: readonly ServiceMap[]): ServiceMap {
  for (const map of maps) assertMap('joinMaps', map);
  const services = new Map<string, MapNode>();
  for (const { nodes } of maps) {
    for (const node of nodes.filter(isService)) {
      const id = `service:${node.name}`;
      const known = services.get(id);
      services.set(id, known === undefined ? { ...node, id } : united(known, node));
    }
  }
  const others = new Others();
  const critical = new Set<string>();
  const edges = new Map<string, MapEdge>();
  for (const { nodes, edges: drawn } of maps) {
    const ids = new Map<string, string>();
    for (const node of nodes) {
      if (isService(node)) {
        ids.set(node.id, `service:${node.name}`);
        continue;
      }
      const { id, ambiguous } = serviceAt(node, [...services.values()]);
      const joined = id ?? others.add(ambiguous === undefined ? node : { ...node, ambiguous });
      ids.set(node.id, joined);
      if (node.critical) critical.add(joined);
    }
    for (const edge of drawn) {
      const [from, to] = [ids.get(edge.from), ids.get(edge.to)];
      if (from === undefined || to === undefined) continue;
      const moved = { ...edge, from, to };
      const id = JSON.stringify([from, to, edge.member, edge.key, edge.keys !== undefined]);
      const known = edges.get(id);
      edges.set(id, known === undefined ? moved : merged(known, moved));
    }
  }
  const nodes = [...services.values(), ...others.nodes].map((node) =>
    critical.has(node.id) ? { ...node, critical: true } : node,
  );
  return { nodes, edges: [...edges.values()] };
}

const isService = ({ kind }: MapNode): boolean => kind === 'service';

function united(a: MapNode, b: MapNode): MapNode {
  return {
    ...a,
    critical: a.critical || b.critical,
    addresses: [...new Set([...a.addresses, ...b.addresses])],
  };
}

/** How well the addresses of two nodes agree: as those do that agree best. */
function nearness(a: MapNode, b: MapNode): number {
  const pairs = a.addresses.flatMap((one) =>
    b.addresses.map((other) => agreement(addressOf(one), addressOf(other))),
  );
  return Math.max(0, ...pairs);
}

/** Those of the nodes that are nearest, if any is near. */
function nearest(node: MapNode, among: readonly MapNode[]): MapNode[] {
  const near = among.map((each) => nearness(node, each));
  const best = Math.max(0, ...near);
  return best === 0 ? [] : among.filter((_, i) => near[i] === best);
}

/** The service that a dependency is. */
function serviceAt(
  node: MapNode,
  services: readonly MapNode[],
): { readonly id?: string; readonly ambiguous?: readonly string[] } {
  const there = nearest(node, services);
  const named = there.find(({ name }) => name === node.name);
  const [only] = there;
  if (only !== undefined) {
    if (named === undefined && there.length > 1) {
      return { ambiguous: there.map(({ name }) => name) };
    }
    return { id: (named ?? only).id };
  }
  const hosts = node.addresses.map((each) => addressOf(each).host);
  const found =
    services.find(({ name }) => name === node.name) ??
    services.find(({ name }) => hosts.includes(name.toLowerCase()));
  return found === undefined ? {} : { id: found.id };
}

/** The dependencies that are none of the services. */
class Others {
  readonly #byId = new Map<string, MapNode>();

  get nodes(): Iterable<MapNode> {
    return this.#byId.values();
  }

  /** @returns its `id` among all maps. */
  add(node: MapNode): string {
    const known = this.#same(node);
    if (known !== undefined) {
      this.#byId.set(known.id, united(known, node));
      return known.id;
    }
    const [address] = node.addresses;
    let id = `dependency:${node.name}`;
    if (this.#byId.has(id)) id += ` ${address ?? ''}`;
    while (this.#byId.has(id)) id += "'";
    this.#byId.set(id, { ...node, id });
    return id;
  }

  #same(node: MapNode): MapNode | undefined {
    const all = [...this.#byId.values()];
    if (node.addresses.length === 0) {
      return all.find(({ name, addresses }) => addresses.length === 0 && name === node.name);
    }
    const near = nearest(node, all);
    return near.length === 1 ? near[0] : near.find(({ name }) => name === node.name);
  }
}
