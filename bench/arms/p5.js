// @ts-check
import { strict as assert } from 'node:assert';
import * as cockatiel from 'cockatiel4';
import * as holdfast from 'holdfast';
import { Circuit } from 'mollitia';
import CircuitBreaker from 'opossum';
import {
  ofCockatiel as c,
  ofHoldfast as h,
  ofMollitia as m,
  ofOpossum as o,
} from '../libraries.js';
import { ANSWER, FAILURE, FALLBACK, settings } from '../settings.js';

/** @typedef {import('../types.d.ts').Arm} Arm */

const AT_ONCE = 1_000;
let attempts = 0;

/** An operation that fails the first time and answers the second. */
function failsOnce() {
  let failed = false;
  return async () => {
    attempts++;
    if (failed) return ANSWER;
    failed = true;
    throw FAILURE;
  };
}

const fails = async () => {
  attempts++;
  throw FAILURE;
};

let turn = 0;
/** Fails every other time: half of the calls, which leaves a breaker that trips at 90% closed. */
const failsEveryOther = async () => {
  attempts++;
  if (turn++ % 2 === 0) throw FAILURE;
  return ANSWER;
};
const TRIP_RATE = 0.9;

/**
 * holdfast's retry has a budget unless told otherwise, and here every call is retried, which no
 * budget allows. The peers have none.
 */
const retryWithoutBudget = () =>
  holdfast.retry({
    maxRetries: settings.maxRetries,
    initialDelay: 0,
    budget: false,
  });

/**
 * @param {unknown} expected
 * @param {number} attemptsEach
 * @returns {(arm: Arm) => Promise<void>}
 */
const ends = (expected, attemptsEach) => async (arm) => {
  const call = await arm.create(fails, {});
  const each = arm.callsEach ?? 1;
  for (let i = 0; i < 3; i++) {
    attempts = 0;
    const result = await call();
    assert.equal(attempts, each * attemptsEach, 'attempts');
    assert.deepEqual(result, each === 1 ? expected : new Array(each).fill(expected));
  }
};
const answersAfterRetry = ends(ANSWER, 2);
const fallsBack = ends(FALLBACK, 1);

/** @type {(arm: Arm) => Promise<void>} */
const fallsBackEveryOther = async (arm) => {
  const call = await arm.create(failsEveryOther, {});
  turn = 0;
  attempts = 0;
  const results = [];
  for (let i = 0; i < 4 * settings.minimumCalls; i++) results.push(await call());
  assert.equal(attempts, results.length, 'attempts');
  results.forEach((result, i) => {
    assert.equal(result, i % 2 === 0 ? FALLBACK : ANSWER);
  });
};

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P5',
  kind: 'time',
  show: 'total',
  title: 'Retried once; fallback taken',
  about:
    'An operation that fails once and succeeds when retried at once, by retry alone; and an operation that fails, answered by a fallback. ' +
    'cockatiel and mollitia wait for a timer of 0 ms, a millisecond in truth, before any retry: one call at a time that is nearly all of ' +
    "their time, so the retry is also measured with 1,000 calls at once, which share that wait. mollitia's fallback cannot answer a value.",
  groups: [
    { id: 'retry', title: 'retried once, one call at a time', bare: 'bare-retry' },
    { id: 'retry-many', title: 'retried once, 1,000 calls at once', bare: 'bare-retry-many' },
    { id: 'fallback', title: 'fallback taken', bare: 'bare-fallback' },
    {
      id: 'breaker',
      title: 'fallback + breaker, every other call falls back',
      bare: 'bare-breaker',
    },
  ],
  arms: [
    {
      id: 'bare-retry',
      label: 'bare, called twice',
      library: 'bare',
      group: 'retry',
      policies: [],
      check: answersAfterRetry,
      create: () => async () => {
        const operation = failsOnce();
        try {
          return await operation();
        } catch {
          return await operation();
        }
      },
    },
    {
      id: 'holdfast-retry',
      label: 'holdfast',
      library: 'holdfast',
      group: 'retry',
      policies: ['retry'],
      check: answersAfterRetry,
      create() {
        const policy = holdfast.pipeline('retry', retryWithoutBudget());
        return async () => await policy.execute(failsOnce());
      },
    },
    {
      id: 'cockatiel-retry',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'retry',
      policies: ['retry'],
      check: answersAfterRetry,
      create() {
        const policy = c.retry();
        return async () => await policy.execute(failsOnce());
      },
    },
    {
      id: 'mollitia-retry',
      label: 'mollitia',
      library: 'mollitia',
      group: 'retry',
      policies: ['retry'],
      check: answersAfterRetry,
      create() {
        const policy = new Circuit({ options: { modules: [m.retry()] } });
        return async () => await policy.fn(failsOnce()).execute();
      },
    },
    {
      id: 'bare-retry-many',
      label: 'bare, called twice',
      library: 'bare',
      group: 'retry-many',
      policies: [],
      callsEach: AT_ONCE,
      check: answersAfterRetry,
      create() {
        const one = async () => {
          const operation = failsOnce();
          try {
            return await operation();
          } catch {
            return await operation();
          }
        };
        return async () => await Promise.all(Array.from({ length: AT_ONCE }, one));
      },
    },
    {
      id: 'holdfast-retry-many',
      label: 'holdfast',
      library: 'holdfast',
      group: 'retry-many',
      policies: ['retry'],
      callsEach: AT_ONCE,
      check: answersAfterRetry,
      create() {
        const policy = holdfast.pipeline('retry', retryWithoutBudget());
        const one = async () => await policy.execute(failsOnce());
        return async () => await Promise.all(Array.from({ length: AT_ONCE }, one));
      },
    },
    {
      id: 'cockatiel-retry-many',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'retry-many',
      policies: ['retry'],
      callsEach: AT_ONCE,
      check: answersAfterRetry,
      create() {
        const policy = c.retry();
        const one = async () => await policy.execute(failsOnce());
        return async () => await Promise.all(Array.from({ length: AT_ONCE }, one));
      },
    },
    {
      id: 'bare-fallback',
      label: 'bare throw and catch',
      library: 'bare',
      group: 'fallback',
      policies: [],
      check: fallsBack,
      create: () => async () => {
        try {
          return await fails();
        } catch {
          return FALLBACK;
        }
      },
    },
    {
      id: 'holdfast-fallback',
      label: 'holdfast',
      library: 'holdfast',
      group: 'fallback',
      policies: ['fallback'],
      check: fallsBack,
      create() {
        const policy = holdfast.pipeline('fallback', h.fallback());
        return async () => await policy.execute(fails);
      },
    },
    {
      id: 'cockatiel-fallback',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'fallback',
      policies: ['fallback'],
      check: fallsBack,
      create() {
        const policy = c.fallback();
        return async () => await policy.execute(fails);
      },
    },
    {
      id: 'bare-breaker',
      label: 'bare throw and catch',
      library: 'bare',
      group: 'breaker',
      policies: [],
      check: fallsBackEveryOther,
      create: () => async () => {
        try {
          return await failsEveryOther();
        } catch {
          return FALLBACK;
        }
      },
    },
    {
      id: 'holdfast-breaker',
      label: 'holdfast',
      library: 'holdfast',
      group: 'breaker',
      policies: ['fallback', 'breaker'],
      check: fallsBackEveryOther,
      create() {
        const policy = holdfast.pipeline(
          'breaker',
          h.fallback(),
          holdfast.circuitBreaker({
            failureRate: TRIP_RATE,
            window: settings.windowMs,
            minimumCalls: settings.minimumCalls,
          }),
        );
        return async () => await policy.execute(failsEveryOther);
      },
    },
    {
      id: 'cockatiel-breaker',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'breaker',
      policies: ['fallback', 'breaker'],
      check: fallsBackEveryOther,
      create() {
        const policy = cockatiel.wrap(
          c.fallback(),
          cockatiel.circuitBreaker(cockatiel.handleAll, {
            halfOpenAfter: settings.openForMs,
            breaker: new cockatiel.SamplingBreaker({
              threshold: TRIP_RATE,
              duration: settings.windowMs,
              minimumRps: settings.minimumCalls / (settings.windowMs / 1000),
            }),
          }),
        );
        return async () => await policy.execute(failsEveryOther);
      },
    },
    {
      id: 'opossum-breaker',
      label: 'opossum',
      library: 'opossum',
      group: 'breaker',
      policies: ['fallback', 'breaker'],
      check: fallsBackEveryOther,
      create() {
        const policy = new CircuitBreaker(failsEveryOther, {
          ...o.breaker,
          ...o.noTimeout,
          errorThresholdPercentage: TRIP_RATE * 100,
        });
        policy.fallback(() => FALLBACK);
        return async () => await policy.fire();
      },
    },
  ],
};
