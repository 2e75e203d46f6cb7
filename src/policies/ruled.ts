import type { FailureRule } from '../pipeline/outcome/failure-rule.js';

/** What a policy gets besides its own options. */
export interface Ruled {
  /** The failure rule of the list that it belongs to: see `isFailure` of `standard`. */
  readonly failureRule?: FailureRule | undefined;
}
