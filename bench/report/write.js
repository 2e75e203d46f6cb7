// @ts-check
/**
 * Writes docs/performance.md and its charts from the files in bench/results. Run it alone to do only
 * that: `node bench/report/write.js`.
 *
 * @module
 */

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { paths } from '../paths.js';
import { chartOf } from './charts.js';
import { noiseText, tablesOf, verdictsOf } from './tables.js';

/** @typedef {import('../types.d.ts').Results} Results */

const RESULTS = new URL('../results/', import.meta.url);
const REASONS = new URL('../reasons.json', import.meta.url);
const PAGE = new URL('../../docs/performance.md', import.meta.url);
const CHARTS = new URL('../../docs/performance/', import.meta.url);

/** @returns {Promise<Map<string, Results>>} by Node major, ascending */
export async function readResults() {
  const names = await readdir(RESULTS).catch(() => []);
  const majors = names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
  majors.sort((a, b) => Number(a) - Number(b));
  /** @type {Map<string, Results>} */
  const results = new Map();
  for (const major of majors) {
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

export async function writePage() {
  const all = await readResults();
  /** @type {Record<string, Record<string, string>>} */
  const reasons = JSON.parse(await readFile(REASONS, 'utf8'));
  await rm(CHARTS, { recursive: true, force: true });
  await mkdir(CHARTS, { recursive: true });

  const lines = [
    '# Performance',
    '',
    '<!-- Written by `npm run bench` from bench/results and bench/reasons.json. Do not edit. -->',
    '',
    ...intro(all),
    '',
    '## Goals',
    '',
    ...goalTable(all, reasons),
    '',
  ];
  for (const path of paths) {
    const measured = [...all].filter(([, results]) => results.paths[path.id]);
    if (measured.length === 0) continue;
    lines.push(`## ${path.id} ${path.title}`, '', path.about, '');
    for (const [major, results] of measured) {
      const result = results.paths[path.id];
      if (!result) continue;
      const chart = `${path.id.toLowerCase()}-node${major}.svg`;
      await writeFile(new URL(chart, CHARTS), chartOf(path, result, major));
      lines.push(`### ${path.id} on Node ${major}`, '');
      lines.push(`![${path.title}, Node ${major}](performance/${chart})`, '');
      for (const table of tablesOf(path, result)) {
        lines.push(`**${table.title}**`, '', ...markdown(table.columns, table.rows), '');
      }
      lines.push(`${result.runs} runs, ${result.date}; ${noiseText(result)}.`, '');
    }
  }
  await writeFile(PAGE, `${lines.join('\n').trimEnd()}\n`);
}

/** @param {Map<string, Results>} all */
function intro(all) {
  const machines = [...all].map(([major, { node, cpu, cores, libraries }]) => [
    major,
    node,
    `${cpu}, ${cores} cores`,
    Object.entries(libraries)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ]);
  return [
    'What a call through holdfast costs, beside a bare call and beside the same policies of cockatiel, opossum and mollitia. ' +
      'Every figure on this page was measured by `npm run bench` and none was typed in. Absolute times are those of one shared machine; the ratios ' +
      'are what carries over.',
    '',
    '- *Bare* is `await operation()` in an async function of its own, as every other arm has one. *Net* is an arm less bare in the same run.',
    '- All arms of a path are measured in one process, in turns; every run is a new process with the arms in another order. ' +
      'Ratios are taken within a run; shown is the median over the runs, and in brackets the smallest and the largest.',
    '- Arms of one table do the same work with the same numbers. Before anything is timed, each arm has to answer, to pass a failure on, ' +
      'and to refuse, time out or fall back as its policies say.',
    '- Times are by mitata in batches of about 4 ms, garbage collection included. Its heap figures are only right when nothing is collected meanwhile, ' +
      'so bytes are counted in a process of their own; times in a quiet service and with many calls in flight come from loops of the suite.',
    '- The noise floor is what the same measurement shows for two arms that are the same.',
    '',
    ...markdown(['Node', 'version', 'machine', 'versions'], machines),
  ];
}

/**
 * @param {Map<string, Results>} all
 * @param {Record<string, Record<string, string>>} reasons
 */
function goalTable(all, reasons) {
  const rows = [];
  const misses = [];
  for (const path of paths) {
    for (const [major, results] of all) {
      const result = results.paths[path.id];
      if (!result) continue;
      for (const { goal, met, aim, measured, spread } of verdictsOf(path.id, result)) {
        const verdict = met ? 'met' : '**MISSED**';
        rows.push([path.id, goal.text, major, aim, measured, spread, verdict]);
        if (met) continue;
        const reason = reasons[goal.id]?.[major] ?? 'No reason is known yet.';
        misses.push(
          `- ${path.id}, ${goal.text}, Node ${major}: ${measured}, aim ${aim}. ${reason}`,
        );
      }
    }
  }
  const table = markdown(['', 'goal', 'Node', 'aim', 'measured', 'min to max', ''], rows);
  return misses.length === 0 ? table : [...table, '', 'What was missed, and why:', '', ...misses];
}

/**
 * @param {readonly string[]} columns
 * @param {readonly string[][]} rows
 */
function markdown(columns, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writePage();
