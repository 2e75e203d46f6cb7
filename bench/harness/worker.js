// @ts-check
/**
 * One process: checks the arms of a path, or measures those of one group once and hands the figures to the
 * parent. Started by processes.js. It loads one path alone.
 *
 * @module
 */

import { loaders } from '../loaders.js';
import { operation } from '../settings.js';
import { weighAll } from './bytes.js';
import { checkArm } from './check.js';
import { withFloor } from './floor.js';
import { crowdAll, pendingOperation } from './in-flight.js';
import { timeQuietly } from './quiet.js';
import { rotate } from './stats.js';
import { timeAll } from './time.js';

/**
 * @typedef {object} Task
 * @property {string} path
 * @property {string} [group] whose arms are meant; none: those of all groups
 * @property {'check' | 'measure' | 'both'} action
 * @property {number} turn by how many places the order of the arms is turned
 * @property {boolean} cpu whether processor time is measured, for busy machines
 * @property {import('../types.d.ts').Effort} effort
 */

const SIZES = [1_000, 10_000, 100_000];
const TIMED = {
  smoke: { rounds: 1, roundMs: 1, warmUpMs: 3 },
  quick: { rounds: 3, roundMs: 100, warmUpMs: 600 },
  full: { rounds: 5, roundMs: 200, warmUpMs: 600 },
};
const QUIET = {
  smoke: { rounds: 1, callsARound: 2 },
  quick: { rounds: 2, callsARound: 200 },
  full: { rounds: 3, callsARound: 400 },
};

process.once('message', async (/** @type {Task} */ task) => {
  const answer = await perform(task).then(
    (result) => ({ result }),
    (error) => ({ error: String(error?.message ?? error) }),
  );
  // Peers keep timers armed, so the process would not end by itself.
  process.send?.(answer, () => process.exit());
});

/** @param {Task} task */
async function perform({ path: id, group, action, turn, cpu, effort }) {
  const load = loaders[id];
  if (load === undefined) throw new Error('no such path');
  const path = withFloor(await load());
  if (path.kind === 'own') return action === 'check' ? {} : await path.measure({ effort, turn });
  const arms = path.arms.filter((arm) => group === undefined || arm.group === group);
  if (action !== 'measure') {
    for (const arm of arms) await checkArm(arm);
    if (action === 'check') return {};
  }

  const smoke = effort === 'smoke';
  const fallbackOperation = path.kind === 'in-flight' ? pendingOperation : operation;
  const subjects = await Promise.all(
    rotate(arms, turn).map(async (arm) => ({
      id: arm.id,
      everyMs: arm.everyMs ?? 0,
      callsEach: arm.callsEach ?? 1,
      maxInFlight: arm.maxInFlight ?? Number.POSITIVE_INFINITY,
      call: await arm.create(arm.operation ?? fallbackOperation, smoke ? { requests: 50 } : {}),
    })),
  );

  if (path.kind === 'bytes') return await weighAll(subjects, { quick: smoke });
  if (path.kind === 'in-flight') {
    return await crowdAll(subjects, { sizes: smoke ? [100] : (path.sizes ?? SIZES), quick: smoke });
  }
  const calls = path.others?.() ?? [];
  /** @param {number} times */
  const others = async (times) => {
    for (const call of calls) {
      for (let i = 0; i < (smoke ? 2 : times); i++) await call();
    }
  };
  const busy = subjects.filter(({ everyMs }) => everyMs === 0);
  const times = await timeAll(busy, { ...TIMED[effort], others, cpu });
  const quiet = subjects.filter(({ everyMs }) => everyMs > 0);
  return { ...times, ...(await timeQuietly(quiet, { ...QUIET[effort], smoke })) };
}
