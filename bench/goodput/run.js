// @ts-check
/**
 * `npm run bench:goodput`                  runs all rows, writes bench/results/goodput.json, docs/goodput.md and its charts
 * `npm run bench:goodput -- steady-100`    some rows; prints them and writes nothing
 * `npm run bench:goodput -- --http`        the run over real HTTP alone; the rows stay
 * `npm run bench:goodput -- --page`        the page alone, from the results
 * `node bench/goodput/run.js --smoke`      a few seconds of some rows, to see that all arms run; writes nothing
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { arms } from './arms.js';
import { runHttp, smokeHttp } from './http.js';
import { cellOf, filesOf, writePage } from './page.js';
import { runAll } from './pool.js';
import { readResults, saveResults } from './results.js';
import { rowOf, rows, SEEDS } from './rows.js';

/** @typedef {import('./types.d.ts').Job} Job */
/** @typedef {import('./types.d.ts').Row} Row */
/** @typedef {import('./types.d.ts').RunAnswer} RunAnswer */

const SMOKE_ROWS = ['slowdown-20', 'steady-20'];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    http: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
  },
});

if (options.smoke) await smoke();
else if (options.page) await writePage();
else if (options.http) await overHttp();
else if (positionals.length > 0) await bench(positionals.map(rowOf));
else await benchAll();

async function benchAll() {
  const earlier = await readResults();
  const results = await bench(rows);
  await saveResults({ ...results, ...(earlier?.http ? { http: earlier.http } : {}) });
  await writePage();
  console.log('\nwrote bench/results/goodput.json, docs/goodput.md and docs/goodput/');
}

async function overHttp() {
  const earlier = await readResults();
  if (earlier === undefined) throw new Error('there are no rows yet: npm run bench:goodput');
  const http = await runHttp();
  await saveResults({ ...earlier, http });
  await writePage();
  console.log('\nwrote bench/results/goodput.json and docs/goodput.md');
}

/**
 * @param {readonly Row[]} chosen
 * @returns {Promise<import('./types.d.ts').Results>}
 */
async function bench(chosen) {
  const jobs = chosen.flatMap(({ id }) => jobsOf(id, SEEDS));
  const answers = await answersOf(jobs, chosen);
  /** @type {import('./types.d.ts').Results} */
  const results = { libraries: await versions(), seeds: SEEDS, rows: {}, charts: {} };
  for (const { id, chart } of chosen) {
    results.rows[id] = byArm((arm) => SEEDS.map((seed) => answers.of(id, arm, seed).outcome));
    if (!chart) continue;
    results.charts[id] = byArm((arm) => answers.of(id, arm, SEEDS[0] ?? 0).report);
  }
  return results;
}

/**
 * Runs the jobs, and prints each row when it is complete.
 * @param {readonly Job[]} jobs
 * @param {readonly Row[]} chosen
 */
async function answersOf(jobs, chosen) {
  const width = Math.max(...chosen.map(({ title }) => title.length));
  /** @type {Map<string, RunAnswer>} */
  const answers = new Map();
  const of = (/** @type {string} */ row, /** @type {string} */ arm, /** @type {number} */ seed) => {
    const answer = answers.get(`${row} ${arm} ${seed}`);
    if (answer === undefined) throw new Error(`no run of ${row}, ${arm}, seed ${seed}`);
    return answer;
  };
  const leftOf = new Map(chosen.map(({ id }) => [id, jobs.filter(({ row }) => row === id).length]));
  await runAll(jobs, (job, answer) => {
    answers.set(`${job.row} ${job.arm} ${job.seed}`, answer);
    if (process.stderr.isTTY) process.stderr.write(`${answers.size} of ${jobs.length} runs   \r`);
    const left = (leftOf.get(job.row) ?? 0) - 1;
    leftOf.set(job.row, left);
    if (left > 0) return;
    const row = rowOf(job.row);
    const cells = arms.map(({ id }) => {
      const outcomes = SEEDS.map((seed) => of(row.id, id, seed).outcome);
      return `${id} ${cellOf(row, outcomes)}`;
    });
    const progress = `${answers.size}/${jobs.length}`;
    console.log(`${progress.padStart(7)}  ${row.title.padEnd(width)}  ${cells.join(' | ')}`);
  });
  return { of };
}

/**
 * @param {string} row
 * @param {readonly number[]} seeds
 * @returns {Job[]}
 */
function jobsOf(row, seeds) {
  return arms.flatMap(({ id }) => seeds.map((seed) => ({ row, arm: id, seed, smoke: false })));
}

/**
 * @template T
 * @param {(arm: string) => T} make
 * @returns {Record<string, T>}
 */
function byArm(make) {
  return Object.fromEntries(arms.map(({ id }) => [id, make(id)]));
}

/** Every arm twice, so that both processes have to come to the same; a moment of HTTP; and the page, which is thrown away. */
async function smoke() {
  const once = SMOKE_ROWS.flatMap((row) => jobsOf(row, [1])).map((job) => ({
    ...job,
    smoke: true,
  }));
  /** @type {Map<string, string>} */
  const seen = new Map();
  await runAll([...once, ...once], ({ row, arm }, answer) => {
    const text = JSON.stringify(answer);
    if ((seen.get(`${row} ${arm}`) ?? text) !== text) {
      throw new Error(`${row}, ${arm}: two runs of one seed differ`);
    }
    seen.set(`${row} ${arm}`, text);
    if (!(answer.outcome.before > 0.5)) {
      throw new Error(
        `${row}, ${arm}: goodput of ${answer.outcome.before} before anything happens`,
      );
    }
  });
  for (const [arm, { before }] of Object.entries(await smokeHttp())) {
    if (!(before > 0.5)) throw new Error(`HTTP, ${arm}: goodput of ${before} before the trigger`);
  }
  const results = await readResults();
  if (results !== undefined) filesOf(results, {});
  console.log(`goodput  ${arms.length} arms run twice and over HTTP, the page made`);
}

async function versions() {
  /** @type {Record<string, string>} */
  const manifests = {
    holdfast: '../../',
    cockatiel: '../../node_modules/cockatiel4/',
    opossum: '../../node_modules/opossum/',
  };
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, folder] of Object.entries(manifests)) {
    const manifest = new URL(`${folder}package.json`, import.meta.url);
    found[name] = JSON.parse(await readFile(manifest, 'utf8')).version;
  }
  return found;
}
