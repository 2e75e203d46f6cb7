/** The metadata that tells a server how often the call was tried before. */
export const PREVIOUS_ATTEMPTS = 'grpc-previous-rpc-attempts';

/** Its value for an attempt, which is 1 for the first; `undefined` for the first, which sends none. */
export function previousAttempts(attempt: number): string | undefined {
  return attempt > 1 ? String(attempt - 1) : undefined;
}
