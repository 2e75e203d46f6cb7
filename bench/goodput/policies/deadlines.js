// @ts-check
/**
 * Deadlines that are sent on: the callers of both arms wait equally long, and only one of them tells the servers.
 *
 * @module
 */

import { pipeline, retry, runWithin, standard, timeout } from 'holdfast';
import { scenarios } from 'holdfast/simulator';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('holdfast/simulator').Arm} Arm */
/** @typedef {import('holdfast/simulator').ArmSetup} Setup */
/** @typedef {import('holdfast').PipelineLayer} Layer */

/**
 * What a service does whose own caller waits until the deadline: its calls inherit that, and say what is left.
 *
 * @param {(setup: Setup) => readonly Layer[]} policiesOf
 * @param {boolean} isSent whether the servers are told
 * @returns {Arm}
 */
const armOf = (policiesOf, isSent) => (setup) => {
  const { clock, deadline } = setup;
  const calls = pipeline({ name: 'upstream', clock, telemetry: false }, ...policiesOf(setup));
  if (!isSent)
    return {
      execute: (operation, options) =>
        calls.execute(({ signal }) => operation({ signal }), { signal: options.signal }),
    };
  return {
    execute: (operation, { signal: given }) =>
      runWithin({ timeout: deadline, clock }, () =>
        calls.execute(({ signal, timeLeft }) => operation({ signal, deadlineMs: timeLeft }), {
          signal: given,
        }),
      ),
  };
};

/** @type {(setup: Setup) => readonly Layer[]} */
const plain = ({ deadline }) => [timeout(deadline), retry({ maxRetries: 2 })];

/** @type {(setup: Setup) => readonly Layer[]} */
const usual = ({ deadline }) => standard({ totalTimeout: deadline });

/**
 * The slowdown, at servers that drop what is too late, if they are told.
 *
 * @param {string} id
 * @param {(setup: Setup) => readonly Layer[]} policiesOf
 * @returns {Pick<Comparison, 'id' | 'scenario' | 'arms' | 'shows'>}
 */
const slowdown = (id, policiesOf) => ({
  id,
  scenario: { ...scenarios.slowdown, name: id.replaceAll('-', '_'), knowsDeadlines: true },
  arms: [
    { id: 'without', label: 'without', arm: armOf(policiesOf, false) },
    { id: 'with', label: 'deadlines sent on', arm: armOf(policiesOf, true) },
  ],
  shows: ['during', 'after', 'back', 'wasted'],
});

/** @type {Comparison[]} */
export const comparisons = [
  {
    ...slowdown('deadlines-timeouts-alone', plain),
    title: 'The slowdown, with timeouts and retries alone',
    about:
      'The servers have a queue that grows while they are slow. Without deadlines they then work on requests whose callers are gone, and the queue keeps them busy with such for long after the slowdown. With deadlines they drop these unread: all that they do is for somebody.',
    goals: [
      { arm: 'with', figure: 'during', atLeast: { arm: 'without', times: 2 } },
      { arm: 'with', figure: 'after', atLeast: 0.99 },
      { arm: 'with', figure: 'back', atMost: 1 },
      { arm: 'with', figure: 'wasted', atMost: { arm: 'without', times: 0.5 } },
    ],
  },
  {
    ...slowdown('deadlines-standard', usual),
    title: 'The slowdown, with `standard()`',
    about:
      'The brake of the adaptive limiter keeps the queue short. What is left of it is too late all the same, and the servers are told so.',
    goals: [
      { arm: 'with', figure: 'during', atLeast: { arm: 'without', times: 2 } },
      { arm: 'with', figure: 'back', atMost: 2 },
      { arm: 'with', figure: 'wasted', atMost: { arm: 'without' } },
    ],
  },
];
