import type { FailureRule, SureSuccess } from '../pipeline/outcome/failure-rule.js';

/** What a policy gets besides its own options. */
export interface Ruled {
  /** The failure rule of the list that it belongs to: see `isFailure` of `standard`. */
  readonly failureRule?: FailureRule | undefined;
  /** Of a policy that has the rules of a client's protocol: which results these rules certainly take for successes. */
  readonly sureSuccess?: SureSuccess | undefined;
}
