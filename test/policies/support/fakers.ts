import { mock } from 'node:test';
import { vi } from 'vitest';

/** A kind of fake timers. */
export interface Faker {
  readonly name: string;
  install(): void;
  advance(ms: number): Promise<unknown>;
  restore(): void;
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await undefined;
}

const vitest = {
  advance: (ms: number) => vi.advanceTimersByTimeAsync(ms),
  restore: () => void vi.useRealTimers(),
};

export const fakers: Faker[] = [
  { name: 'vi.useFakeTimers()', install: () => void vi.useFakeTimers(), ...vitest },
  {
    // The default of vitest 1 and 2, and of older sinons.
    name: 'vi.useFakeTimers() that leaves performance.now alone',
    install: () =>
      void vi.useFakeTimers({
        toFake: [
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'Date',
        ],
      }),
    ...vitest,
  },
  {
    name: 'mock.timers of node:test, which leave performance.now alone',
    install: () => mock.timers.enable({ apis: ['setTimeout', 'Date'] }),
    advance: async (ms) => {
      await turns();
      mock.timers.tick(ms);
      await turns();
    },
    restore: () => mock.timers.reset(),
  },
];
