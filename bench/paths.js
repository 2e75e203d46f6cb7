// @ts-check
import { withFloor } from './harness/floor.js';
import { loaders } from './loaders.js';

/** @type {readonly import('./types.d.ts').Path[]} */
export const paths = (await Promise.all(Object.values(loaders).map((load) => load()))).map(
  withFloor,
);

/** @param {string} id */
export function pathOf(id) {
  const path = paths.find((one) => one.id === id.toUpperCase());
  if (!path) throw new Error(`no path ${id}; there are ${paths.map((one) => one.id).join(', ')}`);
  return path;
}
