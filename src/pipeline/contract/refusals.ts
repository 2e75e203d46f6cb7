/** What is known in advance about the refusals of a gate. */
export interface Refusals {
  /** The reasons that its refusals have (`RejectedError.reason`): telemetry counts each from 0 on. */
  readonly reasons: readonly string[];
  /** `false`: a dry run, which refuses nothing. Default `true`. */
  readonly enforced?: boolean | undefined;
  /** `true`: the gate limits the number of calls, so a call that has to wait or is refused has reached a limit. Default `false`. */
  readonly limit?: boolean | undefined;
}

interface Refusing {
  readonly refusals?: Refusals | undefined;
}

/** What a gate says about its refusals. Never throws, even if a user's gate does. */
export function refusalsOf(gate: Refusing | undefined): Refusals | undefined {
  try {
    const refusals = gate?.refusals;
    return Array.isArray(refusals?.reasons) ? refusals : undefined;
  } catch {
    return undefined;
  }
}

/** Whether calls can reach a limit there. In a dry run they cannot. */
export function isLimit(refusals: Refusals | undefined): boolean {
  return refusals?.limit === true && refusals.enforced !== false;
}
