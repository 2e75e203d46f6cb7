import { readHeader } from '../fetch/request/headers.js';
import { DRAIN_LIMIT_BYTES } from '../fetch/response/discard.js';
import { parseAmount } from '../fetch/retry/rate-limit-headers.js';
import type { HeadersSource } from '../fetch/types.js';
import type { Clock } from '../time/clock.js';

/** The part of the body of `undici.request` that discarding needs. */
export interface UndiciBody {
  readonly destroyed: boolean;
  readonly bodyUsed?: boolean;
  dump(options?: { limit: number }): PromiseLike<unknown>;
  destroy(error?: Error): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/**
 * Discards the body of an `undici.request` that nobody will read. Otherwise such a body holds its connection;
 * not even the garbage collector frees it. A body with a declared size of at most 64 KiB is read to its end. Any other
 * is destroyed, and so is one whose reading takes longer than `timeoutMs`.
 *
 * @returns a promise when there is something to wait for. It never rejects.
 */
export function discardBody(
  body: UndiciBody,
  headers: HeadersSource,
  clock: Clock,
  timeoutMs: number,
): Promise<void> | undefined {
  // Destroying it raises an error event. Without a listener that would end the process.
  body.on('error', ignore);
  // Whoever has begun to read the body will end it.
  if (body.destroyed || body.bodyUsed === true) return undefined;
  const declared = parseAmount(readHeader(headers, 'content-length'));
  if (declared === undefined || declared > DRAIN_LIMIT_BYTES || timeoutMs <= 0) {
    body.destroy();
    return undefined;
  }
  const timer = clock.setTimer(() => body.destroy(), timeoutMs);
  const done = (): void => clock.clearTimer(timer);
  return Promise.resolve(body.dump({ limit: DRAIN_LIMIT_BYTES })).then(done, done);
}

function ignore(): void {}
