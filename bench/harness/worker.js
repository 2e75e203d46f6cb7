// @ts-check
/**
 * One process, one path: checks its arms, or measures all of them once and hands the figures to the
 * parent. Started by processes.js.
 *
 * @module
 */

import { pathOf } from '../paths.js';
import { operation } from '../settings.js';
import { weighAll } from './bytes.js';
import { checkArm } from './check.js';
import { crowdAll, pendingOperation } from './in-flight.js';
import { timeQuietly } from './quiet.js';
import { rotate } from './stats.js';
import { timeAll } from './time.js';

/**
 * @typedef {object} Task
 * @property {string} path
 * @property {'check' | 'measure'} action
 * @property {number} turn by how many places the order of the arms is turned
 * @property {boolean} cpu whether processor time is measured, for busy machines
 * @property {boolean} quick a smoke run: as little as shows that it works
 */

const SIZES = [1_000, 10_000, 100_000];

process.once('message', async (/** @type {Task} */ task) => {
  const answer = await perform(task).then(
    (result) => ({ result }),
    (error) => ({ error: String(error?.message ?? error) }),
  );
  // Peers keep timers armed, so the process would not end by itself.
  process.send?.(answer, () => process.exit());
});

/** @param {Task} task */
async function perform({ path: id, action, turn, cpu, quick }) {
  const path = pathOf(id);
  if (action === 'check') {
    for (const arm of path.arms) await checkArm(arm);
    return {};
  }

  const fallbackOperation = path.kind === 'in-flight' ? pendingOperation : operation;
  const subjects = await Promise.all(
    rotate(path.arms, turn).map(async (arm) => ({
      id: arm.id,
      quiet: arm.quiet ?? false,
      callsEach: arm.callsEach ?? 1,
      maxInFlight: arm.maxInFlight ?? Number.POSITIVE_INFINITY,
      call: await arm.create(arm.operation ?? fallbackOperation, {}),
    })),
  );

  if (path.kind === 'bytes') return await weighAll(subjects, { quick });
  if (path.kind === 'in-flight') {
    return await crowdAll(subjects, { sizes: quick ? [100] : SIZES, quick });
  }
  const busy = subjects.filter(({ quiet }) => !quiet);
  const effort = quick
    ? { rounds: 1, roundMs: 1, warmUpMs: 3, cpu }
    : { rounds: 5, roundMs: 200, warmUpMs: 150, cpu };
  const times = await timeAll(busy, effort);
  const quietly = subjects.filter(({ quiet }) => quiet);
  return {
    ...times,
    ...(await timeQuietly(quietly, { rounds: quick ? 1 : 5, roundMs: quick ? 2 : 100 })),
  };
}
