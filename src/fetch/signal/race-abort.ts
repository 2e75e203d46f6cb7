/**
 * Waits for user code, or until the signal aborts, and then throws the signal's reason. Work that never ends must not hold the attempt
 * that waits for it, nor the attempt's place in a limiter.
 */
export async function raceAbort<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop as () => void);
  }
}
