import { refusalsOf } from '../pipeline/contract/refusals.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { measured } from '../telemetry/sources.js';
import type { HealthCounts, HealthReason, HealthStatus } from './health.js';
import { complaintOf, overall, statusOf, worstOf } from './health.js';
import type { Member, MemberKind } from './member.js';

/** The health of one dependency. */
export interface DependencyHealth {
  /** The worst that is true of all its keys. */
  readonly status: HealthStatus;
  /** What it is. */
  readonly kind: MemberKind;
  /** Whether this process cannot do its work without it. */
  readonly critical: boolean;
  /** Why it is not `ok`: the worst first, at most 10. */
  readonly reasons: readonly HealthReason[];
  /** How many of its keys are how, for what has keys. The first 10,000 are looked at. */
  readonly keys?: HealthCounts;
}

/** The health of all dependencies, as plain JSON. */
export interface HealthReport {
  /** `down` when a critical dependency is down, `degraded` when any other is not `ok`. */
  readonly status: HealthStatus;
  /** By name. */
  readonly dependencies: Readonly<Record<string, DependencyHealth>>;
}

/** How many keys of a member are looked at: that bounds what a probe costs. */
const MAX_KEYS = 10_000;

/** The pipelines of a member that reports look at. */
export function looked(member: Member): Pipeline<unknown>[] {
  const found: Pipeline<unknown>[] = [];
  for (const pipeline of member.pipelines()) if (found.push(pipeline) === MAX_KEYS) break;
  return found;
}

/** How many reasons are told of one dependency. */
const MAX_REASONS = 10;

/** What is the matter with one pipeline now. */
export function complaintsOf(pipeline: Pipeline<unknown>, failingShare: number): HealthReason[] {
  const now = pipeline.time.now();
  const { publicKey: key } = pipeline;
  const ofKey = key === undefined ? {} : { key };
  return pipeline.seen.flatMap(({ name, policy, gate }, i) => {
    const measures = policy.measure && measured(() => pipeline.measureIn(i, now));
    if (measures === undefined) return [];
    const enforced = refusalsOf(gate)?.enforced !== false;
    const complaint = complaintOf(measures, enforced, failingShare);
    return complaint === undefined ? [] : [{ ...complaint, policy: name, ...ofKey }];
  });
}

function healthOf(member: Member, failingShare: number): DependencyHealth {
  const { kind, critical, template } = member;
  const drains = template.closing !== undefined;
  const reasons: HealthReason[] = drains ? [{ status: 'down', reason: 'draining' }] : [];
  const counts = { ok: 0, degraded: 0, down: 0 };
  for (const pipeline of looked(member)) {
    const complaints = complaintsOf(pipeline, failingShare);
    counts[worstOf(complaints)]++;
    reasons.push(...complaints);
  }
  const isDown = ({ status }: HealthReason): boolean => status === 'down';
  const worstFirst = [...reasons.filter(isDown), ...reasons.filter((each) => !isDown(each))];
  return {
    status: drains ? 'down' : statusOf(counts),
    kind,
    critical,
    reasons: worstFirst.slice(0, MAX_REASONS),
    ...(kind === 'pipeline' ? {} : { keys: counts }),
  };
}

/** The health of these members. */
export function reportOf(members: Iterable<Member>, failingShare: number): HealthReport {
  const all = [...members].map((each) => [each.name, healthOf(each, failingShare)] as const);
  return {
    status: overall(all.map(([, health]) => health)),
    dependencies: Object.fromEntries(all),
  };
}
