/** Whether the caller aborted because of a timeout: `AbortSignal.timeout` has such a reason, and so has an outer pipeline's timeout. */
export function isTimeoutReason(reason: unknown): boolean {
  // It may be anything, a hostile proxy included.
  try {
    return (
      typeof reason === 'object' &&
      reason !== null &&
      (reason as { readonly name?: unknown }).name === 'TimeoutError'
    );
  } catch {
    return false;
  }
}
