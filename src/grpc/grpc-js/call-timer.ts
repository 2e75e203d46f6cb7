import { TimeoutError } from '../../errors.js';
import type { Pipeline } from '../../pipeline/pipeline.js';

/**
 * Applies the deadline of a call that sends a stream. No policy does: their timeouts do not bound such a call.
 *
 * @param end Called once, with the error.
 * @returns A function that takes it back.
 */
export function endAfter(
  leftMs: number,
  { name, publicKey: key, label, time }: Pipeline<unknown>,
  end: (error: TimeoutError) => void,
): () => void {
  const { clock } = time;
  const onTime = (): void => {
    const timeoutMs = Math.max(0, Math.ceil(leftMs));
    const message = `${label}: timed out: the deadline of the call is over`;
    end(new TimeoutError(message, { timeoutMs, pipeline: name, key }));
  };
  if (leftMs <= 0) {
    onTime();
    return () => {};
  }
  const timer = clock.setTimer(onTime, leftMs);
  return () => clock.clearTimer(timer);
}
