import { CONTRACT, shared } from '../copies.js';
import type { Clock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import type { CallTraits, Priority } from './contract/call-traits.js';
import type { LayerSettings } from './contract/context.js';
import type { FailureRule } from './outcome/failure-rule.js';
import type { Plan } from './plan.js';

/** What bounds a call that ends at an inherited deadline, as errors, events and metrics name it. */
export const INHERITED_DEADLINE = 'inherited_deadline';
/** What the messages of such errors say before the time that was left. */
export const AT_INHERITED = 'timed out at the deadline of its caller, after';

/** What the calls made within a request inherit from it. */
export interface Inherited {
  /** When they have to be over, in the clock's milliseconds; `Infinity` for no limit. */
  readonly deadline: number;
  readonly clock: Clock;
  readonly priority: Priority | undefined;
}

/** Carries it to whatever is called within the request: an AsyncLocalStorage. */
export interface Carrier {
  getStore(): Inherited | undefined;
  run<T>(inherited: Inherited | undefined, fn: () => T): T;
}

/** A pipeline, as far as it matters here. */
export interface Bounding {
  readonly plan: Plan;
  readonly time: TimeSource;
  readonly failureRule: FailureRule | undefined;
}

/** What a call goes through, and what it sets for that. */
export interface Bound {
  readonly plan: Plan;
  readonly settings: LayerSettings | undefined;
  readonly traits: CallTraits | undefined;
}

interface Seam {
  /**
   * Set by the first deadline of a request. It is told what a call brings: its times, what it sets for the layers, and its traits. Returns
   * `undefined` for a call that has no time and inherits nothing.
   */
  bind?(
    pipeline: Bounding,
    times: LayerSettings | undefined,
    settings: LayerSettings | undefined,
    traits: CallTraits | undefined,
  ): Bound | undefined;
  /** Set with it. Forgets how long the attempts of these calls took. */
  forget?(plan: Plan): void;
  /** Set by the first code that runs within one. Until then, no call looks for it. */
  carrier?: Carrier;
}

/** What all copies of this package share. */
export const seam: Seam = /* @__PURE__ */ shared(`inherited.${CONTRACT}`, (): Seam => ({}));

/** What a call inherits that is made here. */
export function inheritedHere(): Inherited | undefined {
  return seam.carrier?.getStore();
}

/** How long such a call may take, in milliseconds, never negative; `Infinity` for no limit. */
export function inheritedMs(): number {
  const inherited = inheritedHere();
  if (inherited === undefined) return Infinity;
  return Math.max(0, inherited.deadline - inherited.clock.now());
}
