// @ts-check
/**
 * A process that runs one arm through one row with one seed at a time. Started by pool.js.
 *
 * @module
 */

import { simulate } from 'holdfast/simulator';
import { armFor } from './arms.js';
import { rounded } from './results.js';
import { rowOf } from './rows.js';

/** @typedef {import('./types.d.ts').Job} Job */

process.on('message', async (/** @type {Job} */ job) => {
  try {
    process.send?.({ answer: await perform(job) });
  } catch (error) {
    process.send?.({ error: `${job.row}, ${job.arm}, seed ${job.seed}: ${error}` });
  }
});

/**
 * @param {Job} job
 * @returns {Promise<import('./types.d.ts').RunAnswer>}
 */
async function perform({ row: id, arm, seed, smoke }) {
  const row = rowOf(id);
  const scenario = smoke ? shortened(row.scenario) : row.scenario;
  const { arms } = await simulate({ scenario, arms: { [arm]: armFor(row, arm) }, seeds: [seed] });
  const report = arms[arm];
  const run = report?.runs[0];
  if (report === undefined || run === undefined) throw new Error('there was no run');
  const { before, during, after, recovery, lost, amplification, wasted } = run.measures;
  const [trigger] = run.triggers;
  const troubleMs =
    trigger === undefined ? Number.NaN : (trigger.endMs ?? Infinity) - trigger.startMs;
  const outcome = {
    seed,
    troubleMs,
    before,
    during,
    after,
    back: recovery,
    lost,
    sent: amplification,
    wasted,
  };
  return rounded({ outcome, report });
}

/**
 * A few seconds of a scenario.
 * @param {import('holdfast/simulator').Scenario} scenario
 * @returns {import('holdfast/simulator').Scenario}
 */
function shortened(scenario) {
  const triggers = scenario.triggers?.map((trigger) => ({
    ...trigger,
    at: 2_000,
    lasts: 1_000,
    varies: 200,
  }));
  return { ...scenario, arrivals: '9s', ...(triggers ? { triggers } : {}) };
}
