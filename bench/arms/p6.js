// @ts-check

import p1 from './p1.js';
import p2 from './p2.js';
import { alone } from './p3.js';

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P6',
  kind: 'bytes',
  show: 'net',
  title: 'Bytes allocated a call',
  about:
    'What the calls of P1, P2 and P3 allocate beyond the bare call: the difference of the heap over many calls with no garbage ' +
    "collection between, and, as a second opinion, mitata's figure under the same conditions.",
  groups: [
    ...p1.groups,
    ...p2.groups.map((group) => ({ ...group, id: `p2-${group.id}` })),
    ...alone.groups.map((group) => ({
      ...group,
      id: `p3-${group.id}`,
      title: `${group.title} alone`,
    })),
  ],
  arms: [...p1.arms, ...moved(p2.arms, 'p2'), ...moved(alone.arms, 'p3')],
};

/**
 * The arms of another path but for its bare ones, which this path has already.
 * @param {readonly import('../types.d.ts').Arm[]} arms
 * @param {string} path
 */
function moved(arms, path) {
  return arms
    .filter(({ library }) => library !== 'bare')
    .map((arm) => ({ ...arm, id: `${path}-${arm.id}`, group: `${path}-${arm.group}` }));
}
