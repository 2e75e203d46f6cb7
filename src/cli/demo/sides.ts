import type { Side } from './drive.js';
import type { Tally } from './tally.js';
import type { Way } from './ways.js';

const ARTICLES = 20;

/** The request as every call makes it. Like most code it takes an answer that is no success for an error. */
async function readStock(base: string, index: number, init?: RequestInit): Promise<unknown> {
  const response = await fetch(`${base}/stock/${index % ARTICLES}`, init);
  // Read in any case: an unread body would keep its connection from being used again.
  const body = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return JSON.parse(body);
}

/**
 * Some calls before the clock starts. The first ones in a process load and compile code, which takes longer than the
 * upstream does; no side is to look slow for that.
 */
export async function warmUp(url: string): Promise<void> {
  for (let index = 0; index < ARTICLES; index += 1) await readStock(url, index);
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
