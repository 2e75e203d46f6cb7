// @ts-check
/**
 * A process that runs one arm through one row with one seed at a time. Started by pool.js.
 *
 * @module
 */

import { simulate } from 'holdfast/simulator';
import { armFor } from './arms.js';
import { readRun } from './policies/figures.js';
import { comparisonOf } from './policies/index.js';
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
async function perform({ row: id, policies, arm, seed, smoke }) {
  const comparison = policies ? comparisonOf(id) : undefined;
  const { scenario, made } = comparison ? ofComparison(comparison, arm) : ofRow(rowOf(id), arm);
  const { arms } = await simulate({
    scenario: smoke ? shortened(scenario) : scenario,
    arms: { [arm]: made },
    seeds: [seed],
  });
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
  const figures = comparison ? { figures: readRun(comparison, run) } : {};
  return rounded({ outcome, ...figures, report });
}

/**
 * @param {import('./types.d.ts').Row} row
 * @param {string} arm
 */
function ofRow(row, arm) {
  return { scenario: row.scenario, made: armFor(row, arm) };
}

/**
 * @param {import('./policies/types.d.ts').Comparison} comparison
 * @param {string} id
 */
function ofComparison({ id: name, scenario, arms }, id) {
  const found = arms.find((arm) => arm.id === id);
  if (found === undefined) throw new Error(`${name} has no arm ${id}`);
  return { scenario, made: found.arm };
}

/**
 * A few seconds of a scenario.
 * @param {import('holdfast/simulator').Scenario} scenario
 * @returns {import('holdfast/simulator').Scenario}
 */
function shortened(scenario) {
  const triggers = scenario.triggers?.map((trigger) =>
    trigger.kind === 'pause'
      ? { ...trigger, at: 2_000 }
      : { ...trigger, at: 2_000, lasts: 1_000, varies: 200 },
  );
  return { ...scenario, arrivals: '9s', ...(triggers ? { triggers } : {}) };
}
