// @ts-check
/**
 * From the runs of the seeds to one figure, and whether it meets its goal. What is a time is that of the worst seed, what is a
 * share is the mean.
 *
 * @module
 */

/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {import('./types.d.ts').Figure} Figure */
/** @typedef {import('./types.d.ts').Goal} Goal */

/** @type {Record<Figure, { of: (outcome: Outcome) => number, seeds: 'mean' | 'worst', words: string }>} */
export const figures = {
  during: { of: ({ during }) => during, seeds: 'mean', words: 'answered during the trigger' },
  back: { of: ({ back }) => back, seeds: 'worst', words: 'back after' },
  lost: { of: ({ lost }) => lost, seeds: 'worst', words: 'lost' },
  // Where nothing happens, all of the run is before.
  served: { of: ({ before }) => before, seeds: 'mean', words: 'answered' },
};

/**
 * @param {Figure} figure
 * @param {readonly Outcome[]} outcomes one a seed
 */
export function figureOf(figure, outcomes) {
  const { of, seeds } = figures[figure];
  const values = outcomes.map(of);
  return seeds === 'mean' ? mean(values) : Math.max(...values);
}

/** @param {readonly number[]} values */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * @param {Goal} goal
 * @param {Record<string, Outcome[]>} arms
 * @param {string} ours
 */
export function judge({ figure, atMost, atLeast, belowNone }, arms, ours) {
  const value = figureOf(figure, arms[ours] ?? []);
  if (atMost !== undefined) return { value, limit: atMost, met: value <= atMost };
  const limit = atLeast ?? figureOf(figure, arms['none'] ?? []) - (belowNone ?? 0);
  return { value, limit, met: value >= limit };
}

/** @param {Goal} goal */
export function goalText({ figure, atMost, atLeast, belowNone }) {
  if (belowNone !== undefined) return `≥ none - ${Number((100 * belowNone).toPrecision(3))} point`;
  const text = valueText(figure, atMost ?? atLeast ?? Number.NaN, 'exact');
  if (atMost === 0) return figure === 'lost' ? `${text} lost` : text;
  return `${atMost === undefined ? '≥' : '≤'} ${text}`;
}

/**
 * @param {Figure} figure
 * @param {number} value
 * @param {'cell' | 'exact'} as to a percent, or cut off at a hundredth of it: a goal that is missed must not look as if it were met
 */
export function valueText(figure, value, as = 'cell') {
  if (Number.isNaN(value)) return '-';
  if (figures[figure].seeds === 'mean') return as === 'cell' ? percent(value) : hundredths(value);
  if (value === Infinity) return 'never';
  return figure === 'lost' && as === 'cell' ? `${value} s lost` : `${value} s`;
}

/**
 * All figures of a row that it shows.
 * @param {import('./types.d.ts').Row} row
 * @param {readonly Outcome[]} outcomes one a seed
 */
export function cellOf({ shows }, outcomes) {
  return shows.map((figure) => valueText(figure, figureOf(figure, outcomes))).join(' · ');
}

/** @param {number} share */
export function percent(share) {
  if (share > 0 && share < 0.005) return '<1%';
  if (share < 1 && share >= 0.995) return '>99%';
  return `${Math.round(100 * share)}%`;
}

/** @param {number} share */
function hundredths(share) {
  return `${Math.floor(10_000 * share + 1e-6) / 100}%`;
}
