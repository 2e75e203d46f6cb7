// @ts-check
/**
 * All of the policies together against `standard()` alone, in situations of the first tables: what one of them is good for must not cost
 * anything elsewhere.
 *
 * @module
 */

import {
  adaptiveLimiter,
  circuitBreaker,
  ejection,
  hedge,
  keyed,
  pipeline,
  retry,
  retryBudget,
  runWithin,
  standard,
  timeout,
} from 'holdfast';
import { rowOf } from '../rows.js';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('holdfast/simulator').Arm} Arm */
/** @typedef {import('holdfast/simulator').ArmSetup} ArmSetup */

/** Told how long a call may take, and nothing of classes. @type {Arm} */
const alone = ({ clock, deadline }) => {
  const calls = pipeline(
    { name: 'upstream', clock, telemetry: false },
    ...standard({ totalTimeout: deadline }),
  );
  return { execute: (operation, { signal }) => calls.execute(operation, { signal }) };
};

/**
 * `standard()` with a hedge inside its retry, and one budget for both.
 * @param {ArmSetup} setup
 */
function withHedge({ deadline, random }) {
  const budget = retryBudget();
  const policies = standard({ totalTimeout: deadline, retry: { budget, random } });
  const inside = 1 + policies.findIndex(({ type }) => type === 'retry');
  return [...policies.slice(0, inside), hedge({ budget }), ...policies.slice(inside)];
}

/** One pipeline, for calls with a class and a deadline that is sent on. @type {Arm} */
const together = (setup) => {
  const { clock, deadline } = setup;
  const calls = pipeline({ name: 'upstream', clock, telemetry: false }, ...withHedge(setup));
  return {
    execute: (operation, options) =>
      runWithin({ timeout: deadline, clock }, () =>
        calls.execute(
          ({ signal, timeLeft }) => operation({ signal, deadlineMs: timeLeft }),
          options,
        ),
      ),
  };
};

/** The same for a client that chooses the server: retry and hedge ask another one, and the rest belongs to each. @type {Arm} */
const choosing = ({ clock, deadline, random, servers: count }) => {
  const servers = Array.from({ length: count }, (_, i) => String(i));
  const budget = retryBudget();
  const whole = pipeline(
    { name: 'upstream', clock, telemetry: false },
    timeout(deadline),
    retry({ budget, random }),
    hedge({ budget }),
  );
  const byServer = keyed(
    pipeline(
      { name: 'server', clock, telemetry: false },
      circuitBreaker(),
      adaptiveLimiter(),
      timeout(deadline),
      ejection({ random }),
    ),
    { random },
  );
  return {
    execute: (operation, options) =>
      runWithin({ timeout: deadline, clock }, () => {
        /** @type {string[]} */
        const tried = [];
        return whole.execute((outer) => {
          const server = byServer.pick(servers, tried);
          tried.push(server);
          return byServer.execute(
            server,
            ({ signal, timeLeft }) =>
              operation({ signal, server: Number(server), deadlineMs: timeLeft }),
            { ...options, signal: outer.signal },
          );
        }, options);
      }),
  };
};

/**
 * A row of the first tables, whose calls have classes.
 * @param {string} id
 * @param {string} about
 * @returns {Comparison}
 */
function row(id, about) {
  const { title, scenario } = rowOf(id);
  const isSteady = scenario.triggers === undefined;
  return {
    id: `everything-${id}`,
    title,
    about,
    scenario: { ...scenario, priorities: { high: 0.2, normal: 0.6, low: 0.2 } },
    arms: [
      { id: 'alone', label: '`standard()`', arm: alone },
      { id: 'together', label: 'together', arm: together },
      { id: 'choosing', label: 'together, with `pick`', arm: choosing },
    ],
    shows: isSteady ? ['served', 'sent'] : ['served', 'during', 'back', 'sent'],
    goals: ['together', 'choosing'].map((arm) => ({
      arm,
      figure: 'served',
      atLeast: { arm: 'alone', plus: -0.01 },
    })),
  };
}

/** @type {Comparison[]} */
export const comparisons = [
  row('slowdown-100', 'All calls are slow. A hedge would be one more.'),
  row('spike-100', 'More calls come than can be served.'),
  row('black-hole-100', 'Nothing is answered, by whichever attempt.'),
  row('half-fail-100', 'Retries heal what hedges cannot.'),
  row('nine-of-ten-fail-100', 'The budget is spent by the retries.'),
  row('all-fail-100', 'The breakers open.'),
  row('steady-100', 'Nothing happens at 95% of the capacity.'),
  row('one-of-eight-slow', 'A client that chooses asks the slow server less often.'),
  row('one-of-eight-swallows', 'A client that chooses soon leaves out the server that swallows.'),
  row('one-of-eight-fails', 'Retries heal it, and a client that chooses need not retry.'),
];
