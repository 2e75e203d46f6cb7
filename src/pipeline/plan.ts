import type { Driver, Gate, Policy } from './contract.js';
import type { Host } from './host.js';

/** One policy at its place in a pipeline. */
export class Layer {
  /** Unique within the pipeline. */
  readonly name: string;
  /** The pipeline that listed the policy: the running one, or one nested in it. */
  readonly owner: Host;
  readonly policy: Policy<unknown>;
  readonly gate: Gate | undefined;
  readonly driver: Driver | undefined;
  /** A gate whose exit waits for the operation to settle. */
  readonly holds: boolean;
  /** A driver that is asked about successful outcomes too. */
  readonly inspects: boolean;
  /** A driver that runs the inner layers itself from the start. */
  readonly active: boolean;
  /** A driver that wants to know of each first run. */
  readonly begins: boolean;

  constructor(policy: Policy<unknown>, name: string, owner: Host) {
    this.policy = policy;
    this.name = name;
    this.owner = owner;
    this.gate = policy.role === 'gate' ? policy : undefined;
    this.driver = policy.role === 'driver' ? policy : undefined;
    this.holds = policy.role === 'gate' && policy.holds === true;
    this.inspects = policy.role === 'driver' && policy.inspectsValues === true;
    this.active = policy.role === 'driver' && policy.accepts === undefined;
    this.begins = policy.role === 'driver' && policy.begin !== undefined;
  }
}

/** The layers of a pipeline, outermost first, nested pipelines flattened. */
export interface Plan {
  readonly layers: readonly Layer[];
  /** Whether a call may have to be settled before its operation is: then it needs a promise of its own. */
  readonly mayAbandon: boolean;
  /** Pipelines nested in this one. */
  readonly inner: readonly Host[];
}

/** A policy, or a pipeline's own list of layers to be inlined. */
export interface Placed {
  readonly policy: Policy<unknown>;
  readonly owner: Host;
}

/** Lays the policies out; a policy name that occurs twice is numbered: `timeout`, `timeout_2`. */
export function planOf(placed: readonly Placed[], outer: Host): Plan {
  const taken = new Map<string, number>();
  const layers = placed.map(({ policy, owner }) => {
    const base = policy.name ?? policy.type;
    const count = (taken.get(base) ?? 0) + 1;
    taken.set(base, count);
    return new Layer(policy, count === 1 ? base : `${base}_${count}`, owner);
  });
  const inner = new Set(placed.map(({ owner }) => owner).filter((owner) => owner !== outer));
  return {
    layers,
    inner: [...inner],
    mayAbandon: layers.some((layer) => layer.gate?.mayAbandon === true),
  };
}
