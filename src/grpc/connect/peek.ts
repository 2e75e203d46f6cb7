import type { Clock } from '../../time/clock.js';

/** How long the first message of a stream is waited for, at most, before the caller gets the stream. */
const PEEK_MS = 1_000;

/**
 * Waits for the first message of a stream, for a while: a server that cannot serve mostly says so at once, after its headers, and then the call can be sent
 * again. It waits for half of the time that the attempt has left at most, so that waiting never ends an attempt.
 *
 * @returns when there is a message or an end, or the time is over.
 * @throws what the stream ends with within that time.
 */
export async function peek(first: Promise<unknown>, clock: Clock, timeLeft: number): Promise<void> {
  let timer: unknown;
  const over = new Promise<void>((resolve) => {
    timer = clock.setTimer(resolve, Math.min(PEEK_MS, timeLeft / 2));
  });
  try {
    await Promise.race([first, over]);
  } finally {
    clock.clearTimer(timer);
  }
}
