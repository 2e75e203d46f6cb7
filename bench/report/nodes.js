// @ts-check
import { pathOf } from '../paths.js';

/** What services run; the others follow, the newest first. */
const FIRST = ['24', '26'];

/**
 * @param {readonly string[]} majors
 * @returns {string[]} in the order in which the pages show them
 */
export function inOrder(majors) {
  const rest = majors.filter((major) => !FIRST.includes(major));
  rest.sort((a, b) => Number(b) - Number(a));
  return [...FIRST.filter((major) => majors.includes(major)), ...rest];
}

/**
 * The results of one path by Node, in the order in which the pages show them. What was measured before the path had its
 * groups is left out.
 * @param {ReadonlyMap<string, import('../types.d.ts').Results>} all
 * @param {string} pathId
 */
export function measuredOn(all, pathId) {
  const groups = pathOf(pathId).groups;
  return inOrder([...all.keys()]).flatMap((major) => {
    const result = all.get(major)?.paths[pathId];
    const has = (/** @type {string} */ id) => result?.arms.some((arm) => arm.id === id);
    const known = groups.some((group) => !('bare' in group) || has(group.bare));
    return result === undefined || !known ? [] : [{ major, result }];
  });
}
