// @ts-check

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
 * The results of one path by Node, in the order in which the pages show them.
 * @param {ReadonlyMap<string, import('../types.d.ts').Results>} all
 * @param {string} pathId
 */
export function measuredOn(all, pathId) {
  return inOrder([...all.keys()]).flatMap((major) => {
    const result = all.get(major)?.paths[pathId];
    return result === undefined ? [] : [{ major, result }];
  });
}
