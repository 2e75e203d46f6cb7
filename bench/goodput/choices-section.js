// @ts-check
/**
 * The part of the page about what `standard()` was chosen among.
 *
 * @module
 */

import { armOf, OURS } from './arms.js';
import { choices, situations } from './choices.js';
import { markdown } from './markdown.js';
import { rowOf } from './rows.js';
import { cellOf } from './verdict.js';

/** @typedef {import('./types.d.ts').Results} Results */

/** @param {Results} results */
export function choicesOf(results) {
  const cells = (/** @type {(row: string) => import('./types.d.ts').Outcome[] | undefined} */ of) =>
    situations.map(({ row }) => {
      const outcomes = of(row);
      if (outcomes === undefined) {
        throw new Error(`the results lack a choice in ${row}: npm run bench:goodput`);
      }
      return cellOf(rowOf(row), outcomes);
    });
  const body = [
    [armOf(OURS).label, ...cells((row) => results.rows[row]?.[OURS])],
    ...choices.map(({ id, label }) => [label, ...cells((row) => results.choices[row]?.[id])]),
  ];
  return [
    '## What `standard()` was chosen among',
    '',
    'Each row is the pipeline of `standard()` with one thing different. The situations are rows of the tables above, with so many clients as the column says, and the cells read as there.',
    '',
    ...choices.map(({ label, about }) => `- **${label}**: ${about}`),
    '',
    ...markdown(['', ...situations.map(({ title }) => title)], body),
    '',
  ];
}
