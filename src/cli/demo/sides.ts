import type { Side } from './drive.js';
import type { Tally } from './tally.js';
import type { Way } from './ways.js';

/** The warm-up, while nothing is measured: calls at once, and how often. */
const WARM = { calls: 10, rounds: 6 } as const;

/**
 * Makes some calls before the clock starts. The first calls in a process load and compile code and open connections. That
 * takes longer than the upstream does, and must not make a side look slow.
 */
export async function warmUp(way: Way, url: string): Promise<void> {
  // Not the caller that is measured: what this one learns must not help that one later.
  const caller = way.to({ url, fetch });
  for (let round = 0; round < WARM.rounds; round += 1) {
    const calls = Array.from({ length: WARM.calls }, (_, index) => caller.call(index));
    // On a busy machine a call may be too slow. That does no harm: nothing is counted yet.
    await Promise.allSettled(calls);
  }
  caller.dispose();
}

/** One way of making calls, with its own upstream. */
export function sideOf(way: Way, tally: Tally, url: string, elapsed: () => number): Side {
  const counted: typeof fetch = (input, init) => {
    tally.send(elapsed());
    return fetch(input, init);
  };
  const caller = way.to({ url, fetch: counted });
  return {
    tally,
    call: async (index) => {
      try {
        await caller.call(index);
        return 'answered';
      } catch {
        return 'failed';
      }
    },
    dispose: () => caller.dispose(),
  };
}
