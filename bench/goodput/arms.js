// @ts-check
/**
 * What is compared: each arm as the documentation of its library sets it up, and told nothing about the upstream but how long a
 * call may take.
 *
 * @module
 */

import * as cockatiel from 'cockatiel4';
import { arms as simulated } from 'holdfast/simulator';
import CircuitBreaker from 'opossum';
import { armOfChoice, choices } from './choices.js';

/** @typedef {import('holdfast/simulator').Arm} Arm */
/** @typedef {import('holdfast/simulator').RunContext} RunContext */

const RESET_MS = 10_000;

/** Where the charts find whether a breaker is open. @type {(isClosed: boolean) => unknown} */
const snapshotOf = (isClosed) => ({
  policies: { breaker: { state: isClosed ? 'closed' : 'open' } },
});

/** @type {{ id: string, label: string, about: string, arm: Arm }[]} */
export const arms = [
  {
    id: 'none',
    label: 'none',
    about: 'Each call is one request. Its caller gives up at the deadline.',
    arm: simulated.none,
  },
  {
    id: 'naive',
    label: 'naive retries',
    about:
      'Up to 3 retries, 50, 100 and 200 ms after a failure; an attempt may take a quarter of the deadline.',
    arm: simulated.naive,
  },
  {
    id: 'cockatiel',
    label: 'cockatiel',
    about:
      '`wrap(retry, circuitBreaker, timeout)`: `maxAttempts: 3` with `ExponentialBackoff`; `SamplingBreaker` with a threshold of 0.5 over 10 s, `halfOpenAfter` 10 s; an aggressive `timeout` of the deadline.',
    arm: ({ deadline }) => {
      const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, {
        halfOpenAfter: RESET_MS,
        breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
      });
      const policy = cockatiel.wrap(
        cockatiel.retry(cockatiel.handleAll, {
          maxAttempts: 3,
          backoff: new cockatiel.ExponentialBackoff(),
        }),
        breaker,
        cockatiel.timeout(deadline, cockatiel.TimeoutStrategy.Aggressive),
      );
      return {
        execute: (operation, { signal }) => policy.execute(operation, signal),
        snapshot: () => snapshotOf(breaker.state === cockatiel.CircuitState.Closed),
      };
    },
  },
  {
    id: 'opossum',
    label: 'opossum',
    about:
      '`new CircuitBreaker(call, options)` with a `timeout` of the deadline, `errorThresholdPercentage: 50` and a `resetTimeout` of 10 s. It has no retries.',
    arm: ({ deadline }) => {
      const breaker = new CircuitBreaker(
        (/** @type {(context?: RunContext) => Promise<unknown>} */ operation) => operation(),
        { timeout: deadline, errorThresholdPercentage: 50, resetTimeout: RESET_MS },
      );
      return {
        execute: (operation) => breaker.fire(operation),
        snapshot: () => snapshotOf(breaker.closed),
      };
    },
  },
  {
    id: 'standard',
    label: '`standard()`',
    about:
      "holdfast's `pipeline('upstream', ...standard({ totalTimeout }))` with the deadline as the total timeout, and no other option unless a row says so.",
    arm: simulated.standard,
  },
];

/** @param {string} id */
export function armOf(id) {
  const arm = arms.find((each) => each.id === id);
  if (arm === undefined) throw new Error(`there is no arm ${id}`);
  return arm;
}

/** The arm that the goals are for. */
export const OURS = 'standard';

/**
 * What the calls of a row go through.
 * @param {import('./types.d.ts').Row} row
 * @param {string} id of an arm, or of a choice
 * @returns {Arm}
 */
export function armFor({ ours }, id) {
  if (id === OURS && ours !== undefined) return ours;
  const choice = choices.find((each) => each.id === id);
  return choice === undefined ? armOf(id).arm : armOfChoice(choice);
}
