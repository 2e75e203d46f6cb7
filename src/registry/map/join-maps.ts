import { AddressBook, addressOf } from './address.js';
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
  const services = new Services();
  for (const { nodes } of maps) for (const node of nodes) if (isService(node)) services.add(node);
  const others = new Others();
  const critical = new Set<string>();
  const edges = new Map<string, MapEdge>();
  for (const { nodes, edges: drawn } of maps) {
    const ids = new Map<string, string>();
    for (const node of nodes) {
      if (isService(node)) {
        ids.set(node.id, idOf(node));
        continue;
      }
      const { id, ambiguous } = services.serviceAt(node);
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
  const nodes = [...services.nodes, ...others.nodes].map((node) =>
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

const idOf = ({ name }: MapNode): string => `service:${name}`;

class Services {
  readonly #byId = new Map<string, MapNode>();
  readonly #book = new AddressBook();
  /** The first that has this name, as a host. */
  readonly #byHost = new Map<string, string>();

  get nodes(): Iterable<MapNode> {
    return this.#byId.values();
  }

  add(node: MapNode): void {
    const id = idOf(node);
    const known = this.#byId.get(id);
    this.#byId.set(id, known === undefined ? { ...node, id } : united(known, node));
    this.#book.add(id, node.addresses);
    const host = node.name.toLowerCase();
    if (!this.#byHost.has(host)) this.#byHost.set(host, id);
  }

  /** The service that a dependency is. */
  serviceAt(node: MapNode): { readonly id?: string; readonly ambiguous?: readonly string[] } {
    const there = this.#book.nearest(node.addresses);
    const named = idOf(node);
    if (there.length > 1 && !there.includes(named)) {
      return { ambiguous: there.map((id) => (this.#byId.get(id) as MapNode).name) };
    }
    if (there.length > 0) return { id: there.length > 1 ? named : (there[0] as string) };
    if (this.#byId.has(named)) return { id: named };
    const hosts = node.addresses.map((each) => this.#byHost.get(addressOf(each).host));
    const id = hosts.find((each) => each !== undefined);
    return id === undefined ? {} : { id };
  }
}

/** The dependencies that are none of the services. */
class Others {
  readonly #byId = new Map<string, MapNode>();
  readonly #book = new AddressBook();
  /** Those without an address. */
  readonly #byName = new Map<string, string>();

  get nodes(): Iterable<MapNode> {
    return this.#byId.values();
  }

  /** @returns its `id` among all maps. */
  add(node: MapNode): string {
    const known = this.#same(node);
    const id = known?.id ?? this.#newId(node);
    this.#byId.set(id, known === undefined ? { ...node, id } : united(known, node));
    this.#book.add(id, node.addresses);
    if (node.addresses.length === 0) this.#byName.set(node.name, id);
    return id;
  }

  #newId({ name, addresses: [address = ''] }: MapNode): string {
    let id = `dependency:${name}`;
    if (this.#byId.has(id)) id += ` ${address}`;
    while (this.#byId.has(id)) id += "'";
    return id;
  }

  #same({ name, addresses }: MapNode): MapNode | undefined {
    const near =
      addresses.length > 0
        ? this.#book.nearest(addresses)
        : [this.#byName.get(name)].filter((id) => id !== undefined);
    const nodes = near.map((id) => this.#byId.get(id) as MapNode);
    return nodes.length === 1 ? nodes[0] : nodes.find((each) => each.name === name);
  }
}
