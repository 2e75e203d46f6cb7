import { CONTRACT, shared } from '../copies.js';
import type { Clock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import type { CallTraits, Priority } from './contract/call-traits.js';
import type { LayerSettings } from './contract/context.js';
import type { Gate } from './contract/policy.js';

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

/** What a call goes by: its own options, and what it inherits. */
export interface Bound {
  /** For the gates outside. `undefined` if it has no time. */
  readonly times: LayerSettings | undefined;
  readonly traits: CallTraits | undefined;
}

/** What pipelines need to know about it. */
export interface Inheriting {
  boundOf(time: TimeSource, times: LayerSettings | undefined, traits: Bound['traits']): Bound;
  /** The gates for the calls of one plan that have a time: those outside of its layers, and those inside. */
  gates(): { readonly outside: readonly Gate[]; readonly inside: readonly Gate[] };
}

interface Seam {
  /** Set by the first deadline of a request. */
  by: Inheriting | undefined;
  /** Set by the first code that runs within one. Until then, no call looks for it. */
  carrier: Carrier | undefined;
}

/** What all copies of this package share. */
export const seam: Seam = /* @__PURE__ */ shared(
  `inherited.${CONTRACT}`,
  (): Seam => ({ by: undefined, carrier: undefined }),
);

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
