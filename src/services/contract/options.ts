import { flag, fnOf, oneOf } from '../../config/schemas.js';
import * as z from '../../config/zod.js';
import type { ContractReport } from './report.js';

/** What happens when a request or a response breaks its contract. */
export interface ContractOptions {
  /**
   * `'enforce'`: the call throws a ServiceContractError. `'warn'`: the value passes as it came, and `onReport` is told. A body that cannot be
   * read at all, such as one that is no JSON, is an error all the same. Default `'enforce'`.
   */
  readonly mode?: 'enforce' | 'warn' | undefined;
  /**
   * Whether a response that breaks its contract is a failure of the service, for its breaker and in telemetry. `false`: its status
   * decides. Default true.
   */
  readonly countFailures?: boolean | undefined;
  /**
   * Fields of a response that its schema leaves out. They pass in any case. `'report'` tells `onReport` where there are some, `'name'`
   * tells also their names, which may be personal data where keys are data. Default `'ignore'`.
   */
  readonly unknownFields?: 'ignore' | 'report' | 'name' | undefined;
  /** Told of each broken contract, and of unknown fields. What it throws is ignored. Default: nobody is told. */
  readonly onReport?: ((report: ContractReport) => void) | undefined;
}

/** The options of {@link ContractOptions}, each optional. */
export const contractShape = () => ({
  mode: z.optional(oneOf(['enforce', 'warn'])),
  countFailures: z.optional(flag()),
  unknownFields: z.optional(oneOf(['ignore', 'report', 'name'])),
  onReport: z.optional(fnOf<(report: ContractReport) => void>()),
});

/** Contract options with everything filled in. */
export interface ResolvedContract {
  readonly mode: 'enforce' | 'warn';
  readonly countFailures: boolean;
  readonly unknownFields: 'ignore' | 'report' | 'name';
  readonly onReport: ((report: ContractReport) => void) | undefined;
}

/** The service's options, with those of the operation in their place. */
export function resolveContract(
  service: ContractOptions | undefined,
  operation: ContractOptions | undefined,
): ResolvedContract {
  return {
    mode: operation?.mode ?? service?.mode ?? 'enforce',
    countFailures: operation?.countFailures ?? service?.countFailures ?? true,
    unknownFields: operation?.unknownFields ?? service?.unknownFields ?? 'ignore',
    onReport: operation?.onReport ?? service?.onReport,
  };
}
