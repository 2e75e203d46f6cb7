/** Whether the caller gave a call up because a time was over: `AbortSignal.timeout` has such a reason, and so has a pipeline's own timeout. */
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
