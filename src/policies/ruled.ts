import type { FailureRule } from '../pipeline/outcome/failure-rule.js';

/** What a policy is told beside its own options. */
export interface Ruled {
  /** The idea of failure of the list that it is of: see `isFailure` of `standard`. */
  readonly failureRule?: FailureRule | undefined;
}
