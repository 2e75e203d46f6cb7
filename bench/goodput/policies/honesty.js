// @ts-check
import { adaptiveLimiter, circuitBreaker, pipeline, retry, timeout } from 'holdfast';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('holdfast').Clock} Clock */

/**
 * A clock that does not know of the pauses. Blocked time belongs to the clock that the simulator hands over.
 * @param {Clock} clock
 * @returns {Clock}
 */
const unaware = (clock) => ({
  now: () => clock.now(),
  wallNow: () => clock.wallNow(),
  setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
  clearTimer: (timer) => clock.clearTimer(timer),
});

/**
 * A breaker that also opens for slow calls, and a limiter that tells slow calls from quick ones.
 * @param {(clock: Clock) => Clock} clockOf
 * @returns {import('holdfast/simulator').Arm}
 */
const armOf =
  (clockOf) =>
  ({ clock, random, deadline }) =>
    pipeline(
      { name: 'upstream', clock: clockOf(clock), telemetry: false },
      timeout(deadline),
      retry({ random }),
      circuitBreaker({ slowCallDuration: deadline / 2, slowCallRate: 0.5, random }),
      adaptiveLimiter(),
      timeout(deadline / 2),
    );

/** @type {Comparison['arms']} */
const bothArms = [
  { id: 'without', label: 'blocked time is latency', arm: armOf(unaware) },
  { id: 'with', label: 'blocked time is none', arm: armOf((clock) => clock) },
];

/** @type {Comparison[]} */
export const comparisons = [
  {
    id: 'honesty-pauses',
    title: 'The event loop of the clients is blocked for 600 ms, ten times',
    about:
      'The upstream is well all the time. The clients are one process, whose event loop is blocked for 600 ms every two seconds. Callers give up after a second.',
    scenario: {
      name: 'pauses',
      clients: 2,
      servers: 2,
      workers: 16,
      service: { mean: 100 },
      network: 1,
      load: 0.4,
      deadline: 1_000,
      arrivals: 50_000,
      triggers: [{ kind: 'pause', at: 20_000, lasts: 600, every: 2_000, times: 10 }],
    },
    arms: bothArms,
    shows: ['served', 'before', 'during', 'after'],
    goals: [
      { arm: 'with', figure: 'during', atLeast: 0.995 },
      { arm: 'with', figure: 'during', atLeast: { arm: 'without', plus: 0.05 } },
      { arm: 'with', figure: 'after', atLeast: 0.999 },
    ],
  },
  {
    id: 'honesty-outage',
    title: 'The same, and then the upstream hangs',
    about: 'What is no fault of the upstream is not held against it. A fault of its own still is.',
    scenario: {
      name: 'pauses-and-outage',
      clients: 2,
      servers: 2,
      workers: 16,
      service: { mean: 100 },
      network: 1,
      load: 0.4,
      deadline: 1_000,
      arrivals: 50_000,
      triggers: [
        { kind: 'pause', at: 20_000, lasts: 600, every: 2_000, times: 5 },
        { kind: 'black_hole', at: 32_000, lasts: 10_000 },
      ],
    },
    arms: bothArms,
    shows: ['served', 'after', 'back', 'sent'],
    goals: [{ arm: 'with', figure: 'back', atMost: { arm: 'without', plus: 1 } }],
  },
];
