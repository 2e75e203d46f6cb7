// @ts-check
/**
 * The noise floor: what is measured for two arms that are the same. So the bare arm of every group is measured twice, and
 * where the two differ too much, the machine was busy with something else and the measurement is repeated. Only the bare
 * arms decide, whatever the libraries' figures are.
 *
 * @module
 */

import { median } from './stats.js';

/** @typedef {import('../types.d.ts').RunResult} RunResult */

const AGAIN = '-again';
/** How far apart the two may lie. */
const QUIET = 1.15;
const MOST_REPEATS = 2;

/** @param {string} arm */
export const againOf = (arm) => `${arm}${AGAIN}`;

/** @param {string} arm */
export const isAgain = (arm) => arm.endsWith(AGAIN);

/**
 * The path with a second bare arm in each of its groups, as far from the first as may be.
 * @param {import('../types.d.ts').Path} path
 * @returns {import('../types.d.ts').Path}
 */
export function withFloor(path) {
  if (path.kind === 'own') return path;
  const arms = path.groups.flatMap(({ id, bare }) => {
    const own = path.arms.filter(({ group }) => group === id);
    const first = own.find((arm) => arm.id === bare);
    if (first === undefined) throw new Error(`${path.id}: the group ${id} has no arm ${bare}`);
    return [...own, { ...first, id: againOf(bare), label: `${first.label}, again` }];
  });
  return { ...path, arms };
}

/**
 * The second bare arm over the first; nothing where there are no two.
 * @param {RunResult} result of one process
 * @param {string} bare
 */
export function floorOf(result, bare) {
  const [first, second] = [figuresOf(result[bare]), figuresOf(result[againOf(bare)])];
  const ratios = first.map((figure, i) => (second[i] ?? Number.NaN) / figure);
  return ratios.length === 0 ? undefined : median(ratios);
}

/**
 * The time or the bytes of an arm; of one in flight, the time at each size.
 * @param {RunResult[string] | undefined} sample
 * @returns {number[]}
 */
function figuresOf(sample) {
  if (sample === undefined) return [];
  if ('ns' in sample && typeof sample.ns === 'number') return [sample.ns];
  if ('bytes' in sample && typeof sample.bytes === 'number') return [sample.bytes];
  return Object.values(sample).flatMap((one) => (typeof one === 'object' ? [one.further] : []));
}

/**
 * Measures until the floor is quiet, at most three times, and answers the quietest.
 * @param {string} bare
 * @param {() => Promise<RunResult>} measure
 */
export async function measureQuietly(bare, measure) {
  let best = await measure();
  let repeats = 0;
  while (distance(best, bare) > QUIET && repeats < MOST_REPEATS) {
    repeats++;
    const next = await measure();
    if (distance(next, bare) < distance(best, bare)) best = next;
  }
  return { result: best, repeats };
}

/**
 * @param {RunResult} result
 * @param {string} bare
 */
function distance(result, bare) {
  const floor = floorOf(result, bare) ?? 1;
  return Math.max(floor, 1 / floor);
}
