/** How a gate refuses calls, as far as that is known before it does. */
export interface Refusals {
  /** The reasons that its refusals have (`RejectedError.reason`): telemetry counts each from 0 on. */
  readonly reasons: readonly string[];
  /** `false`: a dry run, which refuses nothing. Default `true`. */
  readonly enforced?: boolean | undefined;
  /** `true`: it bounds how many calls there are, so one that has to wait, or is refused, has reached a limit. Default `false`. */
  readonly limit?: boolean | undefined;
}
