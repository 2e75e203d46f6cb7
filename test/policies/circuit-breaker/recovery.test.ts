import { describe, expect, it } from 'vitest';
import { bulkhead, circuitBreaker, pipeline, retry, timeout } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';

/** A source of chance that is the same every time. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Outage {
  readonly perSecond: number;
  readonly clients: number;
  readonly hangs: boolean;
  readonly seed: number;
}

const DOWN_FROM = 15_000;
const DOWN_UNTIL = 35_000;

/** Clients with the defaults, their retries outside, whose upstream fails totally for 20 s. Answers the calls of each half second after it. */
async function afterOutage({ perSecond, clients, hangs, seed }: Outage) {
  const clock = new VirtualClock();
  const chance = chances(seed);
  const isDown = () => clock.now() >= DOWN_FROM && clock.now() < DOWN_UNTIL;
  const halves = Array.from({ length: 12 }, () => ({ calls: 0, served: 0 }));
  const operation = ({ signal }: { readonly signal: AbortSignal }): Promise<string> =>
    new Promise((resolve, reject) => {
      if (!isDown()) clock.setTimer(() => resolve('ok'), 50);
      else if (hangs) signal.addEventListener('abort', () => reject(signal.reason as Error));
      else clock.setTimer(() => reject(new Error('ECONNREFUSED')), 2);
    });
  for (let i = 0; i < clients; i++) {
    const calls = pipeline(
      { name: 'calls', clock },
      timeout({ duration: '30s', name: 'total' }),
      retry(),
      circuitBreaker({ random: chance }),
      bulkhead(),
      timeout({ duration: '10s', name: 'attempt' }),
    );
    const call = async (): Promise<void> => {
      const half = halves[Math.floor((clock.now() - DOWN_UNTIL) / 500)];
      if (half !== undefined) half.calls++;
      const { status } = await calls.settle(operation);
      if (half !== undefined && status === 'fulfilled') half.served++;
    };
    const next = (): void => {
      const gap = (-Math.log(1 - chance()) * 1_000) / perSecond;
      clock.setTimer(() => {
        next();
        void call();
      }, gap);
    };
    next();
  }
  await clock.advance(DOWN_UNTIL + 6_000);
  // Those under way end well.
  await clock.advance('1s');
  return halves;
}

describe('circuitBreaker: after a total outage of 20 s', () => {
  it.each([
    [1, 1.5, false],
    [1, 1.5, true],
    [1, 60, false],
    [1, 60, true],
    [40, 1.5, false],
    [20, 20, false],
  ])(
    'B5, B6, B12: %i clients of %d calls a second are served fully after 2 s, hanging: %s',
    async (clients, perSecond, hangs) => {
      for (let seed = 1; seed <= (clients === 1 ? 10 : 1); seed++) {
        const halves = await afterOutage({ clients, perSecond, hangs, seed });
        const late = halves.slice(4);
        const calls = late.reduce((sum, half) => sum + half.calls, 0);
        const served = late.reduce((sum, half) => sum + half.served, 0);
        expect(calls).toBeGreaterThan(0);
        // Of many quiet clients one may begin to probe as late as that, and have more calls at once than places.
        expect(served).toBeGreaterThanOrEqual(clients === 1 ? calls : 0.99 * calls);
      }
    },
  );
});
