// @ts-check
/**
 * From the samples of the runs to the figures of tables, charts and goals. Ratios and differences are
 * taken within a run; what is shown is their median over the runs.
 *
 * @module
 */

import { againOf } from '../harness/floor.js';
import { summary } from '../harness/stats.js';

/** @typedef {import('../types.d.ts').PathResult} PathResult */
/** @typedef {ReturnType<typeof summary>} Summary */

/**
 * The samples of one arm, one a run; none where it was not measured.
 * @param {PathResult} path
 * @param {string} arm
 * @param {string} measure
 * @param {number} [size] calls in flight
 * @returns {number[]}
 */
export function samples(path, arm, measure, size) {
  const result = path.arms.find(({ id }) => id === arm);
  const values = size === undefined ? result?.values : result?.sizes?.[String(size)];
  return values?.[measure] ?? [];
}

/**
 * What an arm costs beyond bare, run by run.
 * @param {PathResult} path
 * @param {string} arm
 * @param {string} bare
 * @param {string} measure
 * @param {number} [size]
 */
export function net(path, arm, bare, measure, size) {
  return minus(samples(path, arm, measure, size), samples(path, bare, measure, size));
}

/**
 * @param {readonly number[]} left
 * @param {readonly number[]} right
 */
export const over = (left, right) => left.map((value, run) => value / (right[run] ?? Number.NaN));

/**
 * @param {readonly number[]} left
 * @param {readonly number[]} right
 */
export const minus = (left, right) => left.map((value, run) => value - (right[run] ?? Number.NaN));

/** @param {PathResult} path */
export function sizesOf(path) {
  const sizes = new Set(path.arms.flatMap(({ sizes }) => Object.keys(sizes ?? {})));
  return [...sizes].map(Number).sort((a, b) => a - b);
}

/**
 * How far two arms that do exactly the same lie apart: each second bare over the first.
 * @param {PathResult} path
 */
export function noiseFloor(path) {
  const sizes = sizesOf(path);
  const ratios = path.arms.flatMap(({ id }) => {
    if (!path.arms.some((arm) => arm.id === againOf(id))) return [];
    /**
     * @param {string} measure
     * @param {number} [size]
     */
    const twice = (measure, size) =>
      over(samples(path, againOf(id), measure, size), samples(path, id, measure, size));
    return [...twice('ns'), ...twice('bytes'), ...sizes.flatMap((size) => twice('further', size))];
  });
  return ratios.length === 0 ? undefined : summary(ratios);
}

/**
 * @param {import('../types.d.ts').Goal} goal
 * @param {string} major of the Node that was measured
 */
export const limitOf = ({ limit, limit20 }, major) => (major === '20' ? (limit20 ?? limit) : limit);

/**
 * Whether a goal is met; nothing where it was not measured.
 * @param {import('../types.d.ts').Goal} goal
 * @param {PathResult} path
 * @param {string} major
 */
export function judge(goal, path, major) {
  const figures = goal.figures(path);
  if (figures.length === 0 || figures.some(Number.isNaN)) return undefined;
  const figure = summary(figures);
  const limit = limitOf(goal, major);
  const met = goal.sense === 'at most' ? figure.median <= limit : figure.median >= limit;
  return { figure, met };
}
