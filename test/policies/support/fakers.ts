import { mock } from 'node:test';
import sinon from 'sinon';
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

const node = {
  advance: async (ms: number) => {
    await turns();
    mock.timers.tick(ms);
    await turns();
  },
  restore: () => mock.timers.reset(),
};

type Faked = Exclude<NonNullable<Parameters<typeof sinon.useFakeTimers>[0]>, number | Date>;

function ofSinon(name: string, config: Faked): Faker {
  let clock: sinon.SinonFakeTimers | undefined;
  return {
    name,
    install: () => {
      clock = sinon.useFakeTimers(config);
    },
    advance: async (ms) => clock?.tickAsync(ms),
    restore: () => clock?.restore(),
  };
}

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
    name: 'vi.useFakeTimers() of timers alone',
    install: () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }),
    ...vitest,
  },
  {
    name: 'vi.useFakeTimers() below a spy',
    install: () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
      vi.spyOn(globalThis, 'setTimeout');
    },
    ...vitest,
    restore: () => {
      vi.restoreAllMocks();
      vi.useRealTimers();
    },
  },
  {
    name: 'mock.timers of node:test, which leave performance.now alone',
    install: () => mock.timers.enable({ apis: ['setTimeout', 'Date'] }),
    ...node,
  },
  {
    name: 'mock.timers of node:test, as they are by default',
    install: () => mock.timers.enable(),
    ...node,
  },
  {
    name: 'mock.timers of node:test that begin at a date',
    install: () =>
      mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2024, 5, 1, 12) }),
    ...node,
  },
  {
    name: 'mock.timers of node:test of timers alone',
    install: () => mock.timers.enable({ apis: ['setTimeout'] }),
    ...node,
  },
  // A worker of vitest talks to its parent by way of the real nextTick.
  ofSinon('sinon.useFakeTimers()', { toNotFake: ['nextTick', 'queueMicrotask'] }),
  ofSinon('sinon.useFakeTimers() of timers and Date', {
    toFake: ['setTimeout', 'clearTimeout', 'Date'],
  }),
  ofSinon('sinon.useFakeTimers() of timers alone', { toFake: ['setTimeout', 'clearTimeout'] }),
];

/** Fake clocks beside real timers. */
export const clockFakers: Faker[] = [
  ofSinon('sinon.useFakeTimers() of performance alone', { toFake: ['performance'] }),
  ofSinon('sinon.useFakeTimers() of Date alone', { toFake: ['Date'] }),
  {
    name: 'mock.timers of node:test of Date alone',
    install: () => mock.timers.enable({ apis: ['Date'] }),
    ...node,
  },
];
