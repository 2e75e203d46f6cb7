/** Errors of this package on their way through the engine. */
import { describe } from '../../config/describe.js';
import type { ResilienceError } from '../../errors.js';
import { ContractError } from '../../errors.js';
import type { Host } from './host.js';

/** Notes on one of our errors where it comes from, unless it says so already. */
export function sign(error: ResilienceError, { name, publicKey }: Host, policy: string): void {
  try {
    error.pipeline ??= name;
    error.policy ??= policy;
    if (publicKey !== undefined) error.key ??= publicKey;
  } catch {
    // A frozen error stays as it is.
  }
}

/** A policy returned something that its contract does not allow. */
export function brokenContract(
  method: 'enter' | 'drive',
  answer: unknown,
  host: Host,
  policy: string,
): ContractError {
  const got = describe(answer);
  const message =
    method === 'enter'
      ? `gate "${policy}": enter must return undefined, a RejectedError or a promise of one of them (got ${got})`
      : `driver "${policy}": drive must return an outcome or a promise of one (got ${got})`;
  return new ContractError(message, { pipeline: host.name, policy, key: host.publicKey });
}
