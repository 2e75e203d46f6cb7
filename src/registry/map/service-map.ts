import type { HealthStatus } from '../health.js';
import type { MemberKind } from '../member.js';

/** Services and what they depend on, as plain JSON. Made by `registry.map()`, and joined by `joinMaps()` of `holdfast/services`. */
export interface ServiceMap {
  /** The services and their dependencies. */
  readonly nodes: readonly MapNode[];
  /** Who calls whom, and how that goes. */
  readonly edges: readonly MapEdge[];
}

/** A service, or something that one depends on. */
export interface MapNode {
  /** Its name in the edges. No other node of the map has it. */
  readonly id: string;
  /** OpenTelemetry's `service.name` of a service; of a dependency, the name of its member, or its address where the member has several. */
  readonly name: string;
  /** `service`: it has a map of its own. */
  readonly kind: 'service' | 'dependency';
  /** Whether a service cannot do its work without it. */
  readonly critical: boolean;
  /** Where it listens: `host`, or `host:port`, as in OpenTelemetry's `server.address` and `server.port`. */
  readonly addresses: readonly string[];
  /** Services that it may be: several agree with its address. Only in joined maps. */
  readonly ambiguous?: readonly string[];
}

/** What a service has to do with one of its dependencies. What is not measured, or not for long enough, is not there. */
export interface MapEdge {
  /** The service's `id`. */
  readonly from: string;
  /** The dependency's `id`. */
  readonly to: string;
  /** The name of the member: the pipeline, the client or the service. */
  readonly member: string;
  /** What has joined the registry. */
  readonly kind: MemberKind;
  /** Whether the service cannot do its work without it. */
  readonly critical: boolean;
  /** The key, of a keyed pipeline or a client. */
  readonly key?: string | undefined;
  /** How many keys this stands for, if they are more than one. */
  readonly keys?: number | undefined;
  /** The state of its circuit breaker. The worst, where there are several. */
  readonly state?: MapState | undefined;
  /** How it is, as in the registry's `health()`. */
  readonly status: HealthStatus;
  /** Why it is not `ok`: the reasons of `health()`. */
  readonly reasons: readonly string[];
  /** Calls that have started and not settled. */
  readonly inFlight: number;
  /** How far back the numbers below look, in milliseconds. */
  readonly overMs?: number | undefined;
  /** Calls that ended lately, a second. */
  readonly rate?: number | undefined;
  /** The share of them that failed, or got a fallback's answer: 0 to 1. */
  readonly errorShare?: number | undefined;
  /** The share of them that a policy refused: 0 to 1. */
  readonly refusedShare?: number | undefined;
  /** 99% of the calls that were let in took at most this long, in milliseconds. */
  readonly p99Ms?: number | undefined;
}

/** The state of a circuit breaker. */
export type MapState = 'closed' | 'half_open' | 'open' | 'isolated';
