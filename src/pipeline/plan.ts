import type { Audience, Driver, Gate, Policy } from './contract/policy.js';
import type { StraightPath } from './contract/straight-half.js';
import type { FailureRule } from './outcome/failure-rule.js';
import type { Hub } from './reporting/hub.js';

/** A pipeline inside another one. Its listeners hear of its policies there, too. */
export interface Nested {
  readonly hub: Hub;
}

/** One policy at its place in a pipeline. */
export class Layer {
  /** Unique within the pipeline. */
  readonly name: string;
  /** The nested pipelines that contain the policy, innermost first; none if the running pipeline lists it itself. */
  readonly within: readonly Nested[];
  readonly policy: Policy<unknown>;
  /** Says to this policy which outcomes are failures. */
  readonly rule: FailureRule | undefined;
  readonly gate: Gate | undefined;
  readonly driver: Driver | undefined;
  /** A driver with `begin`: it is told of each first run. */
  readonly begins: boolean;
  /** A gate whose exit waits for the operation to settle. */
  readonly holds: boolean;
  /** A driver that is asked about successful outcomes too. */
  readonly inspects: boolean;
  /** A driver that runs the inner layers itself from the start. */
  readonly active: boolean;

  constructor(
    policy: Policy<unknown>,
    name: string,
    within: readonly Nested[],
    rule: FailureRule | undefined,
  ) {
    this.policy = policy;
    this.rule = rule;
    this.name = name;
    this.within = within;
    this.gate = policy.role === 'gate' ? policy : undefined;
    this.driver = policy.role === 'driver' ? policy : undefined;
    this.holds = policy.role === 'gate' && policy.holds === true;
    this.inspects = policy.role === 'driver' && policy.inspectsValues === true;
    this.active = policy.role === 'driver' && policy.accepts === undefined;
    this.begins = !this.active && this.driver?.begin !== undefined;
  }
}

/** The layers of a pipeline, outermost first, nested pipelines flattened. */
export interface Plan {
  readonly layers: readonly Layer[];
  /** Whether a call may have to be settled before its operation is: then it needs a promise of its own. */
  readonly mayAbandon: boolean;
  /**
   * Whether user code may run when a timer or a signal ends a call. The call then has to remember the async context in which it was made.
   * `heard`: only while one of the `audiences` listens.
   */
  readonly keepsHome: 'always' | 'heard' | undefined;
  /** Whether all policies let a success go as it is, or may do so: then calls may have a straight path. */
  readonly mayBeStraight: boolean;
  /** That path, once there is one. */
  path: StraightPath | undefined;
  /** It is that of copies which have no policies of their own: see `CompactPlan`. */
  readonly isCompact: boolean;
  /** How often a plan without one was called. */
  calls: number;
  /** The same inside the gates that apply a call's own time, once there was such a call. */
  timed: Plan | undefined;
  /** Who may listen to its policies, besides the listeners of the pipeline. */
  readonly audiences: readonly Audience[];
  /** Pipelines nested in this one. */
  readonly inner: readonly Nested[];
}

/** A policy, or a pipeline's own list of layers to be inlined. */
export interface Placed {
  readonly policy: Policy<unknown>;
  readonly within: readonly Nested[];
  /** Says to it which outcomes are failures, if the policy comes with such a rule. */
  readonly rule?: FailureRule | undefined;
}

/** What a pipeline says of its calls. */
export interface Ways {
  /** Whether they may have a straight path. */
  readonly straight: boolean;
  /** Whether it tells which results are certainly successes. A policy that looks at results may trust that. */
  readonly tells: boolean;
}

/** Makes the plan for a list of policies. A name that occurs twice gets a number: `timeout`, `timeout_2`. */
export function planOf(
  placed: readonly Placed[],
  { straight, tells }: Ways,
  rule?: FailureRule | undefined,
): Plan {
  const names = uniqueNames(placed.map(({ policy }) => policy.name ?? policy.type));
  const layers = placed.map(
    ({ policy, within, rule: own }, i) =>
      new Layer(policy, names[i] as string, within, own ?? rule),
  );
  const isStraight =
    straight && !layers.some((layer) => (layer.inspects && !tells) || layer.active);
  return planFor(layers, isStraight, [...new Set(placed.flatMap(({ within }) => within))]);
}

/** The same plan with other policies where `policyOf` has some. */
export function planLike(
  plan: Plan,
  policyOf: (layer: Layer, i: number) => Policy<unknown> | undefined,
): Plan {
  const layers = plan.layers.map((layer, i) => {
    const policy = policyOf(layer, i);
    if (policy === undefined) return layer;
    return new Layer(policy, layer.name, layer.within, layer.rule);
  });
  return planFor(layers, plan.mayBeStraight, plan.inner);
}

/** The same plan inside the gates that apply a call's own time. Its policies keep their names. */
export function planInside(callTime: readonly Gate[], plan: Plan): Plan {
  plan.timed ??= planBetween(callTime, plan);
  return plan.timed;
}

/** The same plan inside some gates, and around others. Its layers are the same. */
export function planBetween(
  outside: readonly Gate[],
  { layers, mayBeStraight, inner }: Plan,
  inside: readonly Gate[] = [],
  rule?: FailureRule | undefined,
): Plan {
  const layerOf = (gate: Gate) => new Layer(gate, gate.name ?? gate.type, [], rule);
  const all = [...outside.map(layerOf), ...layers, ...inside.map(layerOf)];
  return planFor(all, mayBeStraight, inner);
}

function planFor(layers: readonly Layer[], mayBeStraight: boolean, inner: readonly Nested[]): Plan {
  const audiences = [
    ...inner.map(({ hub }) => hub),
    ...layers.flatMap(({ policy }) => policy.audience ?? []),
  ];
  const callsUser =
    mayDrive(layers) || layers.some(({ gate }) => gate !== undefined && !gate.quiet);
  return {
    layers,
    mayBeStraight,
    path: undefined,
    isCompact: false,
    calls: 0,
    timed: undefined,
    inner,
    keepsHome: callsUser ? 'always' : audiences.length > 0 ? 'heard' : undefined,
    audiences,
    mayAbandon: layers.some((layer) => layer.gate?.mayAbandon === true),
  };
}

/** Adds a number to names that are taken, without using a name that somebody chose. */
function uniqueNames(wanted: readonly string[]): string[] {
  const chosen = new Set(wanted);
  const taken = new Set<string>();
  return wanted.map((base) => {
    let name = base;
    for (let n = 2; taken.has(name); n++) {
      const numbered = `${base}_${n}`;
      if (!chosen.has(numbered)) name = numbered;
    }
    taken.add(name);
    return name;
  });
}

/** Whether a driver lies outside a gate that gives runs up: it may start when a timer fires. */
function mayDrive(layers: readonly Layer[]): boolean {
  const driver = layers.findIndex((layer) => layer.driver !== undefined);
  return driver >= 0 && layers.slice(driver).some((layer) => layer.gate?.mayAbandon === true);
}

/** Whether user code may be called when a timer or a signal ends a call. */
export function needsHome({ keepsHome, audiences }: Plan, hub: Audience): boolean {
  if (keepsHome === 'always' || hub.active) return true;
  return audiences.some(({ active }) => active);
}
