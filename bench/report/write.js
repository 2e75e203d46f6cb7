// @ts-check
/**
 * Writes docs/performance.md with its charts, and bench/README.md, from the files in bench/results. Run it alone to do
 * only that: `node bench/report/write.js`.
 *
 * @module
 */

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { paths } from '../paths.js';
import { chartOf } from './charts.js';
import { measuredOn } from './nodes.js';
import { chartName, pageOf } from './page.js';
import { readmeOf, unexplained } from './readme.js';

/** @typedef {import('../types.d.ts').Results} Results */

const ROOT = new URL('../../', import.meta.url);
const RESULTS = new URL('bench/results/', ROOT);
const REASONS = new URL('bench/reasons.json', ROOT);
const CHARTS = 'docs/performance/';

/** @returns {Promise<Map<string, Results>>} by Node major */
export async function readResults() {
  const names = await readdir(RESULTS).catch(() => []);
  /** @type {Map<string, Results>} */
  const results = new Map();
  for (const major of names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? [])) {
    results.set(major, JSON.parse(await readFile(new URL(`${major}.json`, RESULTS), 'utf8')));
  }
  return results;
}

/**
 * @param {string} major
 * @param {Results} results
 */
export async function saveResults(major, results) {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL(`${major}.json`, RESULTS), `${JSON.stringify(results, undefined, 1)}\n`);
}

/**
 * Both pages and the charts by their paths in the repository.
 * @param {ReadonlyMap<string, Results>} all
 * @param {import('./readme.js').Reasons} reasons
 */
export function filesOf(all, reasons) {
  /** @type {Record<string, string>} */
  const files = { 'docs/performance.md': pageOf(all), 'bench/README.md': readmeOf(all, reasons) };
  for (const path of paths.filter(({ account }) => !account)) {
    const [first] = measuredOn(all, path.id);
    if (first === undefined) continue;
    files[`${CHARTS}${chartName(path)}`] = chartOf(path, first.result, first.major);
  }
  return files;
}

export async function writePages() {
  const reasons = JSON.parse(await readFile(REASONS, 'utf8'));
  const results = await readResults();
  await rm(new URL(CHARTS, ROOT), { recursive: true, force: true });
  await mkdir(new URL(CHARTS, ROOT), { recursive: true });
  for (const [path, text] of Object.entries(filesOf(results, reasons))) {
    await writeFile(new URL(path, ROOT), text);
  }
  const silent = unexplained(results, reasons);
  if (silent.length > 0) console.log(`bench/reasons.json gives no reason for ${silent.join(', ')}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writePages();
