import { ConfigError } from '../errors.js';
import { addCause } from '../policies/cause.js';
import type { FallbackContext } from './declaration.js';
import type { ServiceCallFacts } from './errors.js';
import { ServiceContractError, ServiceError } from './errors.js';
import type { ResolvedOperation } from './operation-options.js';

type Answer = (error: unknown, context: FallbackContext) => unknown;

/**
 * The answer of an operation's fallback in place of an error.
 *
 * @throws the error itself if the fallback is not for it; what the fallback throws, with the error as its cause.
 */
export async function answerInstead(
  { fallback }: ResolvedOperation,
  { service, operation }: ServiceCallFacts,
  error: unknown,
  request: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (fallback === undefined || !isOfService(error)) throw error;
  const { answer } = fallback;
  if (typeof answer !== 'function') return answer;
  try {
    return await (answer as Answer)(error, { service, operation, request, signal });
  } catch (thrown) {
    addCause(thrown, error);
    throw thrown;
  }
}

/** Whether the service failed, and not the call. */
function isOfService(error: unknown): boolean {
  if (error instanceof ServiceError) return error.failed;
  if (error instanceof ServiceContractError) return error.side === 'response';
  return !(error instanceof ConfigError);
}
