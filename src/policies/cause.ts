/** Sets the cause of an error that has none. It stays the same error. */
export function addCause(error: unknown, cause: unknown): void {
  if (error === cause) return;
  try {
    if (!(error instanceof Error) || error.cause !== undefined) return;
    Object.defineProperty(error, 'cause', {
      value: cause,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  } catch {
    // A frozen error, or one whose cause cannot be read, stays as it is.
  }
}
