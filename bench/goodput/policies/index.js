// @ts-check
/**
 * What single policies do: the same calls without and with each of them. There is a file for each part, which exports its
 * `comparisons` (see types.d.ts).
 *
 * @module
 */

import { existsSync } from 'node:fs';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('./types.d.ts').Part} Part */

/** In the order of the page; `page` is where the policy is described, below docs/. */
const PARTS = [
  { id: 'hedge', title: 'Hedging', page: 'policies/hedge.md' },
  { id: 'deadlines', title: 'Deadlines that are sent on', page: 'deadlines.md' },
  { id: 'priority', title: 'Priority', page: 'priority.md' },
  { id: 'chaos', title: 'Chaos', page: 'policies/chaos.md' },
  { id: 'honesty', title: 'A blocked event loop', page: 'policies/timeout.md' },
  { id: 'ejection', title: 'Ejection', page: 'ejection.md' },
  { id: 'weights', title: 'Weighted permits', page: 'policies/rate-limiter.md' },
  { id: 'everything', title: 'All of them together', page: 'composition.md' },
];

/** Those that there are. @type {Part[]} */
export const parts = [];
for (const part of PARTS) {
  const file = new URL(`${part.id}.js`, import.meta.url);
  if (!existsSync(file)) continue;
  const { comparisons } = await import(file.href);
  parts.push({ ...part, comparisons });
}

/** @param {string} id */
export function comparisonOf(id) {
  const found = parts.flatMap(({ comparisons }) => comparisons).find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no comparison ${id}`);
  return found;
}
