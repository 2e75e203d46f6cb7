import type { Side } from './drive.js';
import type { Tally } from './tally.js';
import type { Way } from './ways.js';

const ARTICLES = 20;

/** Makes the request of a call. Like most code, it throws when the status is not a success. */
async function readStock(base: string, index: number, init: RequestInit): Promise<unknown> {
  const response = await fetch(`${base}/stock/${index % ARTICLES}`, init);
  // Always read the body: an unread one keeps its connection from being reused.
  const body = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return JSON.parse(body);
}

/** The warm-up, while nothing is measured: calls at once, and how often. */
const WARM = { calls: 10, rounds: 6 } as const;

/**
 * Makes some calls before the clock starts. The first calls in a process load and compile code and open connections. That
 * takes longer than the upstream does, and must not make a side look slow.
 *
 * @param way Not the one that is measured: what it learns here must not help it later.
 */
export async function warmUp(way: Way, url: string): Promise<void> {
  for (let round = 0; round < WARM.rounds; round += 1) {
    const calls = Array.from({ length: WARM.calls }, (_, index) =>
      way.call(index, (signal) => readStock(url, index, { signal })),
    );
    // On a busy machine a call may be too slow. That does no harm: nothing is counted yet.
    await Promise.allSettled(calls);
  }
  way.dispose();
}

/** One way of making calls, with its own upstream. */
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
