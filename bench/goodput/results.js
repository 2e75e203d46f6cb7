// @ts-check
/**
 * bench/results/goodput.json: what was measured, and nothing of when and where. The same code writes the same bytes, but for
 * `http`, which is one real run.
 *
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';

/** @typedef {import('./types.d.ts').Results} Results */

const FILE = new URL('../results/goodput.json', import.meta.url);

/** @returns {Promise<Results | undefined>} undefined where there is no such file */
export async function readResults() {
  const text = await readFile(FILE, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseResults(text);
}

/** @param {Results} results */
export async function saveResults(results) {
  await writeFile(FILE, textOf(results));
}

/**
 * JSON knows neither Infinity nor NaN.
 * @param {string} text
 * @returns {Results}
 */
export function parseResults(text) {
  return JSON.parse(text, (key, value) => {
    if (value === 'never') return Infinity;
    if (value !== null) return value;
    // In the lists of the charts, and as the end of a trigger, null is what it is.
    return key === 'endMs' || /^\d+$/.test(key) ? null : Number.NaN;
  });
}

/**
 * The runs of an arm in a line, so that a difference can be read.
 * @param {Results} results
 */
export function textOf({ libraries, seeds, rows, charts, choices, policies, http }) {
  const nested = (/** @type {Record<string, Record<string, unknown>>} */ groups) =>
    block(
      Object.entries(groups).map(([name, arms]) => [
        name,
        block(
          Object.entries(arms).map(([arm, value]) => [arm, json(value)]),
          '  ',
        ),
      ]),
      ' ',
    );
  /** @type {[string, string][]} */
  const parts = [
    ['libraries', json(libraries)],
    ['seeds', json(seeds)],
    ['rows', nested(rows)],
    ['charts', nested(charts)],
    ['choices', nested(choices)],
  ];
  if (policies !== undefined) parts.push(['policies', nested(policies)]);
  if (http !== undefined) parts.push(['http', json(http)]);
  return `${block(parts, '')}\n`;
}

/**
 * @param {readonly (readonly [string, string])[]} entries
 * @param {string} indent
 */
function block(entries, indent) {
  const lines = entries.map(([name, text]) => `${indent} ${JSON.stringify(name)}: ${text}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** @param {unknown} value */
function json(value) {
  return JSON.stringify(value, (_key, each) => (each === Infinity ? 'never' : each));
}

/**
 * Numbers to six digits.
 * @template T
 * @param {T} value
 * @returns {T}
 */
export function rounded(value) {
  if (typeof value === 'number') return /** @type {T} */ (Number(value.toPrecision(6)));
  if (Array.isArray(value)) return /** @type {T} */ (value.map(rounded));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, rounded(each)]);
  return /** @type {T} */ (Object.fromEntries(entries));
}
