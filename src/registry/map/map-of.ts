import { once } from '../../config/once.js';
import { flag, policyName } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import { Latency } from '../latency.js';
import type { Member } from '../member.js';
import { Recent } from '../recent.js';
import type { Complaints, Watched } from './edges-of.js';
import { edgesOf } from './edges-of.js';
import type { MapEdge, MapNode, ServiceMap } from './service-map.js';
import { serviceName } from './service-name.js';

/** Options of {@link Registry.map}. */
export interface MapOptions {
  /** The name of this service. Default: OpenTelemetry's `service.name` from the environment (`OTEL_SERVICE_NAME`, then `OTEL_RESOURCE_ATTRIBUTES`), else `unknown_service`. */
  readonly service?: string | undefined;
  /** Where this service listens, as others call it: `host`, or `host:port`. The maps of others join with this one by these. Default: none. */
  readonly addresses?: readonly string[] | undefined;
  /**
   * Whose latency is measured: `true` for all members, `false` for none. Default: of clients, such as a resilient fetch. It costs each call
   * about 1 us. A member that is measured stays so.
   */
  readonly latency?: boolean | undefined;
}

const ADDRESS = /^([^\s/:@?#[\]]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

const mapSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      service: policyName(),
      addresses: z.checked<readonly string[]>(
        "must be a list of hosts, such as ['inventory.internal:8080']",
        (value) =>
          Array.isArray(value) &&
          value.every((each) => typeof each === 'string' && ADDRESS.test(each)),
      ),
      latency: flag(),
    },
    {},
  ),
);

/** What watches the members of a registry. */
export type WatchedMembers = WeakMap<Member, Watched>;

/**
 * The map of these members.
 *
 * @param complaintsOf Handed over, since bundlers keep what is imported from here in programs that draw no map.
 * @throws ConfigError when an option is wrong.
 */
export function mapOf(
  members: Iterable<Member>,
  options: MapOptions | undefined,
  watched: WatchedMembers,
  complaintsOf: Complaints,
): ServiceMap {
  const {
    service = serviceName(),
    addresses = [],
    latency,
  } = parseOptions(mapSchema, options ?? {}, 'map');
  const from = `service:${service}`;
  const nodes: MapNode[] = [
    { id: from, name: service, kind: 'service', critical: false, addresses: [...addresses] },
  ];
  const edges: MapEdge[] = [];
  for (const member of members) {
    const watch = watched.get(member) ?? { recent: new Recent() };
    watched.set(member, watch);
    const { template, kind, critical, of } = member;
    if (latency ?? (kind !== 'pipeline' && kind !== 'keyed')) {
      watch.latency ??= new Latency(of, () => template.time.now());
    }
    for (const { name, address, ...edge } of edgesOf(member, watch, complaintsOf)) {
      nodes.push({
        id: edge.to,
        name,
        kind: 'dependency',
        critical,
        addresses: address ? [address] : [],
      });
      edges.push({ ...edge, from });
    }
  }
  return { nodes, edges };
}
