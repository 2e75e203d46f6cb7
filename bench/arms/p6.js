// @ts-check

import p1 from './p1.js';
import p2 from './p2.js';
import { alone } from './p3.js';

/** @typedef {import('../types.d.ts').CallPath} CallPath */

const parts = [p1, moved(p2, 'p2'), moved(alone, 'p3', ' alone')];

/** @type {CallPath} */
export default {
  id: 'P6',
  kind: 'bytes',
  show: 'net',
  title: 'Bytes allocated a call',
  about:
    'What the calls of P1, P2 and P3 allocate beyond the bare call: the difference of the heap over many calls with no garbage ' +
    'collection between.',
  more: "As a second opinion: mitata's figure under the same conditions.",
  groups: parts.flatMap(({ groups }) => groups),
  arms: parts.flatMap(({ arms }) => arms),
};

/**
 * Another path's groups and arms, under names of their own.
 * @param {CallPath} path
 * @param {string} prefix
 * @param {string} [suffix] of the titles
 */
function moved({ groups, arms }, prefix, suffix = '') {
  const named = (/** @type {string} */ id) => `${prefix}-${id}`;
  return {
    groups: groups.map(({ id, title, bare }) => ({
      id: named(id),
      title: `${title}${suffix}`,
      bare: named(bare),
    })),
    arms: arms.map((arm) => ({ ...arm, id: named(arm.id), group: named(arm.group) })),
  };
}
