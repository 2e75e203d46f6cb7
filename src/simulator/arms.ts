import { pipeline } from '../create.js';
import { standard } from '../policies/standard.js';
import type { Clock } from '../time/clock.js';
import type { Arm, Caller, RunContext } from './arm.js';
import { MissingError } from './upstream.js';

const RETRIES = 3;
const BACKOFF_MS = 50;

/** The ready arms, by name. */
export const arms = {
  /** Each call is one request, for which the caller waits until the deadline. */
  none: (): Caller => ({
    execute: (operation, { signal }) => operation({ signal }),
  }),
  /**
   * What many services do: up to 3 retries after 50, 100 and 200 ms, and at most a quarter of the deadline for each attempt.
   * Only an answer ends them early. The answer that there is no such thing counts, too.
   */
  naive: ({ clock, deadline }): Caller => ({
    execute: async (operation, { signal }) => {
      for (let retries = 0; ; retries++) {
        try {
          return await attempt(operation, signal, clock, deadline / 4);
        } catch (error) {
          if (retries === RETRIES || signal.aborted || error instanceof MissingError) throw error;
          await wait(BACKOFF_MS * 2 ** retries, signal, clock);
        }
      }
    },
  }),
  /** A pipeline of `standard()`, with the deadline as its total timeout. */
  standard: ({ clock, deadline }): Caller =>
    pipeline(
      { name: 'simulated', clock, telemetry: false },
      ...standard({ totalTimeout: deadline }),
    ),
} as const satisfies Record<string, Arm>;

/** Runs the operation with its own time limit. */
async function attempt(
  operation: (context: RunContext) => Promise<unknown>,
  caller: AbortSignal,
  clock: Clock,
  limitMs: number,
): Promise<unknown> {
  const controller = new AbortController();
  const follow = (): void => controller.abort(caller.reason);
  caller.addEventListener('abort', follow, { once: true });
  const timer = clock.setTimer(
    () => controller.abort(new DOMException('The attempt took too long', 'TimeoutError')),
    limitMs,
  );
  try {
    return await operation({ signal: controller.signal });
  } finally {
    clock.clearTimer(timer);
    caller.removeEventListener('abort', follow);
  }
}

/** Waits. Rejects early when the caller waits no longer. */
function wait(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clock.clearTimer(timer);
      reject(signal.reason as Error);
    };
    const timer = clock.setTimer(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}
