// @ts-check
/**
 * Classes of calls: the callers of both arms go through the same policies, and only one of them says how important its calls are.
 *
 * @module
 */

import { bulkhead, pipeline, retry, standard, timeout } from 'holdfast';
import { scenarios } from 'holdfast/simulator';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('./types.d.ts').Figure} Figure */
/** @typedef {import('holdfast/simulator').Arm} Arm */

/** @typedef {import('holdfast').PipelineLayer} Layer */

/**
 * @param {(deadline: number) => readonly Layer[]} policiesOf
 * @param {boolean} isSaid whether the calls say their class
 * @returns {Arm}
 */
const armOf =
  (policiesOf, isSaid) =>
  ({ clock, deadline }) => {
    const calls = pipeline({ name: 'upstream', clock, telemetry: false }, ...policiesOf(deadline));
    return {
      execute: (operation, { signal, priority }) =>
        calls.execute((context) => operation({ signal: context.signal }), {
          signal,
          ...(isSaid && priority !== undefined ? { priority } : {}),
        }),
    };
  };

/** A limit that somebody has set to what the servers can do: 8 requests in flight, of which they work on 4. */
const fixed = (/** @type {number} */ deadline) => [
  timeout(deadline),
  retry(),
  bulkhead({ maxConcurrent: 2, maxQueued: 50, maxWait: deadline / 2 }),
];

const usual = (/** @type {number} */ deadline) => standard({ totalTimeout: deadline });

/** @type {(of: 'high' | 'normal' | 'lowest') => Figure} */
const answered = (of) => ({
  id: of,
  words: `answered of the class \`${of}\` during the trouble`,
  unit: 'share',
  of: ({ priorities }) => priorities?.[of]?.during ?? Number.NaN,
});

/** @type {Comparison['shows']} */
const shows = ['during', answered('high'), answered('normal'), answered('lowest'), 'after'];

/** @type {(policiesOf: (deadline: number) => readonly Layer[]) => Comparison['arms']} */
const armsOf = (policiesOf) => [
  { id: 'without', label: 'without classes', arm: armOf(policiesOf, false) },
  { id: 'with', label: 'with classes', arm: armOf(policiesOf, true) },
];

const shares = { high: 0.2, normal: 0.5, lowest: 0.3 };

/** @type {Comparison['scenario']} */
const spike = {
  ...scenarios.spike,
  name: 'priority_spike',
  clients: 4,
  priorities: shares,
};

/** @type {Comparison['scenario']} */
const slowdown = {
  ...scenarios.slowdown,
  name: 'priority_slowdown',
  clients: 4,
  priorities: shares,
  triggers: [{ kind: 'slowdown', factor: 3, at: '30s', lasts: '10s' }],
};

/** @type {Comparison['goals']} */
const goals = [
  { arm: 'with', figure: 'high', atLeast: 0.95 },
  { arm: 'with', figure: 'lowest', atLeast: 0.01 },
  { arm: 'with', figure: 'during', atLeast: { arm: 'without', plus: -0.03 } },
  { arm: 'with', figure: 'after', atLeast: { arm: 'without', plus: -0.01 } },
];

/** @type {Comparison['goals']} */
const goalsOfStandard = [
  { arm: 'with', figure: 'high', atLeast: { arm: 'without', times: 1.3 } },
  { arm: 'with', figure: 'lowest', atLeast: 0.01 },
  { arm: 'with', figure: 'during', atLeast: { arm: 'without', plus: -0.03 } },
  { arm: 'with', figure: 'after', atLeast: { arm: 'without', plus: -0.01 } },
];

/** @type {Comparison[]} */
export const comparisons = [
  {
    id: 'priority-spike',
    title: 'Two and a half times as many calls, at a bulkhead',
    about:
      'A fifth of the calls are of the class `high`, three in ten of the class `lowest`. The capacity suffices for all that are `high`, not for the rest. Without classes, all get their part of too little. With classes, those that are `high` are answered, and of the lowest as many as their share says.',
    scenario: spike,
    arms: armsOf(fixed),
    shows,
    goals,
  },
  {
    id: 'priority-slowdown',
    title: 'The servers need three times as long, at a bulkhead',
    about:
      'The same callers, and less than half of the capacity that they need. It suffices for those of the class `high`.',
    scenario: slowdown,
    arms: armsOf(fixed),
    shows,
    goals,
  },
  {
    id: 'priority-standard',
    title: 'Two and a half times as many calls, with `standard()`',
    about:
      'Nobody has told the limit. The adaptive limiter lets everybody in until most calls are too late, and classes count only while its limit is full. So some calls of the class `high` are too late before it brakes, and whenever it tries how much the servers can do.',
    scenario: spike,
    arms: armsOf(usual),
    shows,
    goals: goalsOfStandard,
  },
];
