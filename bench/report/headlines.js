// @ts-check
/**
 * The table that docs/performance.md begins with: one row for each question that a reader has.
 *
 * @module
 */

import { isAgain } from '../harness/floor.js';
import { median } from '../harness/stats.js';
import { paths } from '../paths.js';
import { minus, over, samples } from './figures.js';
import { measuredOn } from './nodes.js';
import { ratio, shown } from './tables.js';

/** @typedef {import('../types.d.ts').PathResult} PathResult */
/** @typedef {import('../types.d.ts').Results} Results */

/**
 * @typedef {object} Headline
 * @property {string} text
 * @property {string} path
 * @property {string} arm
 * @property {string} measure
 * @property {import('../types.d.ts').Unit} unit
 * @property {string} [beyond] the arm whose figure is taken off
 * @property {number} [size] calls in flight
 */

/** @type {readonly Headline[]} */
const headlines = [
  {
    text: 'five policies, a call that succeeds: time beyond the call itself',
    path: 'P1',
    arm: 'holdfast',
    measure: 'ns',
    unit: 'ns',
    beyond: 'bare',
  },
  {
    text: 'the same, with other pipelines in the process',
    path: 'P1M',
    arm: 'holdfast',
    measure: 'ns',
    unit: 'ns',
    beyond: 'bare',
  },
  {
    text: 'the same, 400 calls a second',
    path: 'P1Q',
    arm: 'holdfast',
    measure: 'ns',
    unit: 'ns',
    beyond: 'bare',
  },
  {
    text: 'refused by an open breaker, thrown and caught',
    path: 'P4',
    arm: 'holdfast-catch',
    measure: 'ns',
    unit: 'ns',
  },
  {
    text: 'failed once and retried, 1,000 calls at once: time a call',
    path: 'P5',
    arm: 'holdfast-retry-many',
    measure: 'ns',
    unit: 'ns',
  },
  {
    text: 'allocated a call, five policies',
    path: 'P6',
    arm: 'holdfast',
    measure: 'bytes',
    unit: 'B',
    beyond: 'bare',
  },
  {
    text: 'memory of a call in flight under a timeout, 10,000 of them',
    path: 'P7',
    arm: 'holdfast',
    measure: 'bytes',
    unit: 'B',
    beyond: 'bare',
    size: 10_000,
  },
  {
    text: 'memory of an idle key of a keyed pipeline',
    path: 'P8',
    arm: 'holdfast',
    measure: 'bytes',
    unit: 'B',
  },
  {
    text: 'a request with `fetch` over loopback, 50 in flight: time a request',
    path: 'P10',
    arm: 'holdfast',
    measure: 'ns',
    unit: 'ns',
  },
  { text: 'cold import', path: 'P11', arm: 'holdfast', measure: 'ns', unit: 'ns' },
  {
    text: 'bundle of retry + breaker + timeout, gzipped',
    path: 'P12',
    arm: 'holdfast-three',
    measure: 'initial',
    unit: 'kB',
  },
];

/**
 * @param {ReadonlyMap<string, Results>} all
 * @param {readonly string[]} majors in the order of the columns
 * @returns {string[][]} text, one cell a Node, and the other libraries on the first of them
 */
export function headlineRows(all, majors) {
  return headlines.flatMap((headline) => {
    const measured = measuredOn(all, headline.path);
    const [first] = measured;
    if (first === undefined || figures(headline, first.result, headline.arm).length === 0)
      return [];
    const cells = majors.map((major) => {
      const result = measured.find((one) => one.major === major)?.result;
      const values = result ? figures(headline, result, headline.arm) : [];
      return values.length === 0 ? '' : shown(median(values), headline.unit);
    });
    return [[headline.text, ...cells, others(headline, first.result)]];
  });
}

/**
 * The figures of one arm, one a run.
 * @param {Headline} headline
 * @param {PathResult} result
 * @param {string} arm
 */
function figures({ measure, size, beyond }, result, arm) {
  const whole = samples(result, arm, measure, size);
  return beyond === undefined ? whole : minus(whole, samples(result, beyond, measure, size));
}

/**
 * @param {Headline} headline
 * @param {PathResult} result
 */
function others(headline, result) {
  const path = paths.find(({ id }) => id === headline.path);
  const group = path?.arms.find(({ id }) => id === headline.arm)?.group;
  const ours = figures(headline, result, headline.arm);
  const peers = path?.arms.filter(
    (arm) => arm.group === group && arm.library !== 'holdfast' && !isAgain(arm.id),
  );
  return (peers ?? [])
    .filter(({ id }) => id !== headline.beyond)
    .flatMap(({ id, label }) => {
      const values = figures(headline, result, id);
      if (values.length === 0) return [];
      const times = ratio(median(over(values, ours)));
      return [`${label} ${shown(median(values), headline.unit)} (${times})`];
    })
    .join(', ');
}
