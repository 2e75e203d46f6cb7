// @ts-check
/**
 * The figures of comparisons, from single runs to texts and verdicts.
 *
 * @module
 */

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('./types.d.ts').Figure} Figure */
/** @typedef {import('./types.d.ts').FigureName} FigureName */
/** @typedef {import('./types.d.ts').Figures} Figures */
/** @typedef {import('./types.d.ts').Goal} Goal */
/** @typedef {import('./types.d.ts').Relative} Relative */
/** @typedef {import('holdfast/simulator').Measures} Measures */

/** @type {(id: keyof Measures, words: string, unit: Figure['unit'], seeds?: Figure['seeds']) => Figure} */
const measured = (id, words, unit, seeds = 'mean') => ({
  id,
  words,
  unit,
  seeds,
  of: ({ measures }) => measures[id] ?? Number.NaN,
});

/** @type {Record<FigureName, Figure>} */
export const figures = {
  served: {
    id: 'served',
    words: 'answered of all calls',
    unit: 'share',
    of: ({ series: { calls, goodput } }) =>
      sum(calls.map((each, i) => each * (goodput[i] ?? 0))) / sum(calls),
  },
  before: measured('before', 'answered before the trouble', 'share'),
  during: measured('during', 'answered during the trouble', 'share'),
  after: measured('after', 'answered after the trouble', 'share'),
  back: { ...measured('recovery', 'back after', 's', 'worst'), id: 'back' },
  lost: measured('lost', 'seconds lost', 's', 'worst'),
  sent: { ...measured('amplification', 'requests for each call', 'times'), id: 'sent' },
  wasted: measured('wasted', 'of the work for callers who were gone', 'share'),
  p50: measured('p50', 'median latency', 'ms'),
  p99: measured('p99', 'p99 of the latency', 'ms'),
  p99During: measured('p99During', 'p99 during the trouble', 'ms'),
  overQuota: measured('overQuota', 'of the requests were answered with a 429', 'share'),
  expired: measured('expired', 'of the requests were dropped', 'share'),
};

/** @param {Comparison} comparison */
export function figuresOf({ shows }) {
  return shows.map((each) => (typeof each === 'string' ? figures[each] : each));
}

/**
 * What one run came to.
 * @param {Comparison} comparison
 * @param {import('holdfast/simulator').RunReport} run
 * @returns {Figures}
 */
export function readRun(comparison, run) {
  return Object.fromEntries(figuresOf(comparison).map(({ id, of }) => [id, of(run)]));
}

/**
 * One number for all seeds.
 * @param {Figure} figure
 * @param {readonly Figures[]} runs one a seed
 */
export function figureOver({ id, seeds = 'mean' }, runs) {
  const values = runs.map((run) => run[id] ?? Number.NaN);
  return seeds === 'worst' ? Math.max(...values) : sum(values) / values.length;
}

/**
 * @param {Goal} goal
 * @param {Comparison} comparison
 * @param {Record<string, readonly Figures[]>} arms
 */
export function judge({ arm, figure: id, atLeast, atMost }, comparison, arms) {
  const figure = figuresOf(comparison).find((each) => each.id === id);
  if (figure === undefined) throw new Error(`${comparison.id}: no figure ${id} is shown`);
  const of = (/** @type {string} */ name) => {
    const runs = arms[name];
    if (runs === undefined) throw new Error(`${comparison.id}: there is no arm ${name}`);
    return figureOver(figure, runs);
  };
  const limitOf = (/** @type {number | Relative} */ limit) =>
    typeof limit === 'number' ? limit : of(limit.arm) * (limit.times ?? 1) + (limit.plus ?? 0);
  const value = of(arm);
  const least = atLeast === undefined ? -Infinity : limitOf(atLeast);
  const most = atMost === undefined ? Infinity : limitOf(atMost);
  return { figure, value, least, most, met: value >= least && value <= most };
}

/**
 * @param {Figure['unit']} unit
 * @param {number} value
 */
export function textOf(unit, value) {
  if (Number.isNaN(value)) return '-';
  if (value === Infinity) return 'never';
  if (unit === 'share') return share(value);
  if (unit === 'ms') return `${Math.round(value)} ms`;
  if (unit === 's') return `${Number(value.toFixed(1))} s`;
  if (unit === 'times') return `${value.toFixed(2)}x`;
  return String(Number(value.toPrecision(3)));
}

/** Only a share of exactly 0 or 1 is shown as such. @param {number} value */
function share(value) {
  if (value === 0 || value === 1) return `${100 * value}%`;
  if (value > 0.999) return '>99.9%';
  return value < 0.001 ? '<0.1%' : `${(100 * value).toFixed(1)}%`;
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((all, value) => all + value, 0);
}
