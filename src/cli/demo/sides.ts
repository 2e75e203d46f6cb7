import type { Side } from './drive.js';
import type { Tally } from './tally.js';
import type { Way } from './ways.js';

const ARTICLES = 20;

/** The request as every call makes it. Like most code it takes an answer that is no success for an error. */
async function readStock(base: string, index: number, init: RequestInit): Promise<unknown> {
  const response = await fetch(`${base}/stock/${index % ARTICLES}`, init);
  // Read in any case: an unread body would keep its connection from being used again.
  const body = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return JSON.parse(body);
}

/** Calls at once while nothing is measured, and how often. */
const WARM = { calls: 10, rounds: 6 } as const;

/**
 * Some calls before the clock starts. The first ones in a process load and compile code and open connections, which takes
 * longer than the upstream does; no side is to look slow for that.
 *
 * @param way Not the one that is measured: what it learns here is not to help it later.
 */
export async function warmUp(way: Way, url: string): Promise<void> {
  for (let round = 0; round < WARM.rounds; round += 1) {
    const calls = Array.from({ length: WARM.calls }, (_, index) =>
      way.call(index, (signal) => readStock(url, index, { signal })),
    );
    // On a busy machine one may be too slow; what counts comes after.
    await Promise.allSettled(calls);
  }
  way.dispose();
}

/** One way of making calls, with an upstream of its own. */
export function sideOf(way: Way, tally: Tally, url: string, elapsed: () => number): Side {
  return {
    tally,
    call: async (index) => {
      try {
        await way.call(index, (signal) => {
          tally.send(elapsed());
          return readStock(url, index, { signal });
        });
        return 'answered';
      } catch {
        return 'failed';
      }
    },
  };
}
