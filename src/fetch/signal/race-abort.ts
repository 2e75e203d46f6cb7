/**
 * What somebody else's work answers, or the signal's reason as soon as that aborts: work that never ends must not keep the attempt
 * that waits for it, and with it a place in a limiter.
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
