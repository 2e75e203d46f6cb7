import { bulkhead, circuitBreaker, fallback, pipeline, retry, timeout } from '../../index.js';
import { BreakerLog } from './breaker-log.js';
import type { Side } from './drive.js';
import type { EventCounts } from './result.js';
import { Tally } from './tally.js';

/** What the upstream is asked for: how many of an article there are. */
interface Stock {
  readonly ok: boolean;
}

const UNKNOWN_STOCK: Stock = { ok: false };
const ARTICLES = 20;

/** The call as both sides make it. Like most code it takes an answer that is no success for an error. */
async function readStock(base: string, index: number, init?: RequestInit): Promise<Stock> {
  const response = await fetch(`${base}/stock/${index % ARTICLES}`, init);
  // Read in any case: an unread body would keep its connection from being used again.
  const body = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return JSON.parse(body) as Stock;
}

/** `fetch` as it comes. It has no timeout worth the name: it waits 300 s for an answer to begin. */
export function plainSide(url: string, elapsed: () => number): Side {
  const tally = new Tally();
  return {
    tally,
    call: async (index) => {
      try {
        tally.send(elapsed());
        await readStock(url, index);
        return 'answered';
      } catch {
        return 'failed';
      }
    },
  };
}

/**
 * Some calls before the clock starts. The first ones in a process load and compile code, which takes longer than the
 * upstream does; neither side is to look slow for that.
 */
export async function warmUp(url: string): Promise<void> {
  for (let index = 0; index < ARTICLES; index += 1) await readStock(url, index);
}

const TOTAL = '2s';
const ATTEMPT = '300ms';
const RETRIES = 2;
const CONCURRENT = 50;

/** The pipeline that the demo shows, in words: outermost first. */
export const PIPELINE_WORDS: readonly string[] = [
  'fallback',
  `timeout ${TOTAL}`,
  `retry (${RETRIES})`,
  'circuit breaker',
  `timeout ${ATTEMPT}`,
  `bulkhead (${CONCURRENT})`,
];

function inventoryPipeline() {
  return pipeline(
    'inventory',
    fallback(() => UNKNOWN_STOCK),
    timeout(TOTAL),
    retry({ maxRetries: RETRIES }),
    circuitBreaker({ window: '5s', minimumCalls: 10, openFor: '1s', maxOpenFor: '1s' }),
    timeout(ATTEMPT),
    bulkhead({ maxConcurrent: CONCURRENT }),
  );
}

/** A side that calls through holdfast, and what its pipeline reported. */
export interface HoldfastSide extends Side {
  readonly breaker: BreakerLog;
  readonly events: EventCounts;
  dispose(): void;
}

/** The same calls through a pipeline. */
export function holdfastSide(url: string, elapsed: () => number): HoldfastSide {
  const tally = new Tally();
  const breaker = new BreakerLog();
  const events: EventCounts = { attempts: 0, retries: 0, timeouts: 0, fallbacks: 0 };
  const inventory = inventoryPipeline();
  inventory.on('transition', ({ to }) => breaker.add({ atMs: elapsed(), to }));
  // Attempts, not decisions to retry: many of those meet an open breaker and are never sent.
  inventory.on('attempt', ({ kind }) => {
    events.attempts += 1;
    if (kind === 'retry') events.retries += 1;
  });
  inventory.on('timeout', () => (events.timeouts += 1));
  inventory.on('fallback', () => (events.fallbacks += 1));
  return {
    tally,
    breaker,
    events,
    call: async (index) => {
      try {
        const stock = await inventory.execute(({ signal }) => {
          tally.send(elapsed());
          return readStock(url, index, { signal });
        });
        return stock === UNKNOWN_STOCK ? 'degraded' : 'answered';
      } catch {
        return 'failed';
      }
    },
    dispose: () => inventory.dispose(),
  };
}
