/** How a gate refuses calls, as far as that is known before it does. */
export interface Refusals {
  /** The reasons that its refusals have (`RejectedError.reason`): telemetry counts each from 0 on. */
  readonly reasons: readonly string[];
  /** `false`: a dry run, which refuses nothing. Default `true`. */
  readonly enforced?: boolean | undefined;
  /** `true`: it bounds how many calls there are, so one that has to wait, or is refused, has reached a limit. Default `false`. */
  readonly limit?: boolean | undefined;
}

interface Refusing {
  readonly refusals?: Refusals | undefined;
}

/** What a gate says of its refusals. It may be anybody's, and a call that it refuses has to end all the same. */
export function refusalsOf(gate: Refusing | undefined): Refusals | undefined {
  try {
    const refusals = gate?.refusals;
    return Array.isArray(refusals?.reasons) ? refusals : undefined;
  } catch {
    return undefined;
  }
}

/** Whether calls reach a limit there. A dry run has none. */
export function isLimit(refusals: Refusals | undefined): boolean {
  return refusals?.limit === true && refusals.enforced !== false;
}
