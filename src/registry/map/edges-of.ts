import type { Pipeline } from '../../pipeline/pipeline.js';
import { measured } from '../../telemetry/sources.js';
import type { HealthReason } from '../health.js';
import type { Latency } from '../latency.js';
import type { Member } from '../member.js';
import type { Recent } from '../recent.js';

import { looked } from '../report.js';

import { badness, merged, worst } from './merge.js';
import type { MapEdge, MapState } from './service-map.js';

/** What watches a member from the first map on. */
export interface Watched {
  readonly recent: Recent;
  latency?: Latency;
}

/** What is the matter with a pipeline now. */
export type Complaints = (pipeline: Pipeline<unknown>) => readonly HealthReason[];

/** An edge that does not know yet who calls, and what it leads to. */
interface Drawn extends MapEdge {
  readonly name: string;
  readonly address: string | undefined;
}

/** How many edges a member has at most. The others are summed up in one more. */
const MAX_EDGES = 20;

/** The edges of a member: one, or one for each key, the worst and busiest first. */
export function edgesOf(
  member: Member,
  { recent, latency }: Watched,
  complaintsOf: Complaints,
): Drawn[] {
  const { name, kind, critical, template } = member;
  const living = looked(member);
  const total = recent.look(
    template.time.now(),
    [template, ...living].map(({ tally }) => tally),
  );
  const all = latency?.look();
  if (living.length === 0) living.push(template);
  const isOne = living.length === 1;
  const drawn = new Map<string, Drawn>();
  for (const pipeline of living) {
    const { publicKey: key, label, inFlight } = pipeline;
    const [, host, port] = /^\w[\w+.-]*:\/\/(\[[^\]]*\]|[^/?#:@,]+)(:\d+)?$/.exec(key ?? '') ?? [];
    const to = `dependency:${isOne ? name : label}`;
    const edge: Drawn = {
      name: isOne ? name : host === undefined ? label : host + (port ?? ''),
      address:
        host === undefined
          ? (member.addressOf?.(pipeline.key ?? '') ?? member.address)
          : host + (port ?? defaultPort(key)),
      from: '',
      to,
      member: name,
      kind,
      critical,
      key,
      ...conditionOf(pipeline, complaintsOf(pipeline), template.closing !== undefined),
      inFlight,
      ...(isOne ? { ...total, p99Ms: all?.p99Ms } : latency?.lookAt(pipeline.key as string)),
    };
    const same = drawn.get(to);
    // Keys that differ in a password look alike.
    drawn.set(to, same === undefined ? edge : { ...edge, ...merged(same, edge) });
  }
  const edges = [...drawn.values()].sort(
    (a, b) => badness(b) - badness(a) || (b.rate ?? 0) - (a.rate ?? 0) || b.inFlight - a.inFlight,
  );
  if (edges.length <= MAX_EDGES) return edges;
  const [first, ...rest] = edges.splice(MAX_EDGES - 1) as [Drawn, ...Drawn[]];
  const keys = rest.length + 1;
  const others = { name: `${name}: ${keys} more`, to: `dependency:${name} more`, keys };
  const about = { ...others, key: undefined, address: undefined };
  return [...edges, { ...first, ...rest.reduce<MapEdge>(merged, first), ...about }];
}

const PORTS: Readonly<Record<string, string>> = { http: ':80', https: ':443' };

function defaultPort(url = ''): string {
  return PORTS[url.slice(0, url.indexOf(':'))] ?? '';
}

/** How a pipeline is now: its breaker, and the rules of the health report. */
function conditionOf(
  pipeline: Pipeline<unknown>,
  complaints: readonly HealthReason[],
  drains: boolean,
): Pick<MapEdge, 'state' | 'status' | 'reasons'> {
  const now = pipeline.time.now();
  const states = pipeline.seen.map(
    (_, i): MapState | undefined => measured(() => pipeline.measureIn(i, now))?.state,
  );
  const told = drains ? [{ status: 'down', reason: 'draining' } as const] : [];
  const all = [...told, ...complaints];
  return {
    state: worst.state(states),
    status: worst.status(all.map(({ status }) => status)),
    reasons: [...new Set(all.map(({ reason }) => reason))],
  };
}
