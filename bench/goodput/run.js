// @ts-check
/**
 * `npm run bench:goodput`                  runs all rows and choices, writes bench/results/goodput.json, docs/goodput.md and its charts
 * `npm run bench:goodput -- steady-100`    some rows; prints them and writes nothing
 * `npm run bench:goodput -- --policies`    the comparisons of single policies alone; the rows stay
 * `npm run bench:goodput -- --policies hedge`   one part of them; the others stay
 * `npm run bench:goodput -- --http`        the run over real HTTP alone; the rows stay
 * `npm run bench:goodput -- --page`        the page alone, from the results
 * `node bench/goodput/run.js --smoke`      a few seconds of some rows, to see that all arms run; writes nothing
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { arms } from './arms.js';
import { choices, situations } from './choices.js';
import { runHttp, smokeHttp } from './http.js';
import { filesOf, writePage } from './page.js';
import { parts } from './policies/index.js';
import { linesOf } from './policies/section.js';
import { runAll } from './pool.js';
import { readResults, saveResults } from './results.js';
import { rowOf, rows, SEEDS } from './rows.js';
import { cellOf } from './verdict.js';

/** @typedef {import('./types.d.ts').Job} Job */
/** @typedef {import('./types.d.ts').Row} Row */
/** @typedef {import('./types.d.ts').RunAnswer} RunAnswer */

const SMOKE_ROWS = ['slowdown-20', 'steady-20'];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    policies: { type: 'boolean', default: false },
    http: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
  },
});

if (options.smoke) await smoke();
else if (options.page) await writePage();
else if (options.http) await overHttp();
else if (options.policies) await policiesAlone(positionals);
else if (positionals.length > 0) await bench(positionals.map(rowOf));
else await benchAll();

async function benchAll() {
  const earlier = await readResults();
  const results = { ...(await bench(rows)), choices: await benchChoices() };
  const policies = await benchPolicies(parts);
  await saveResults({ ...results, policies, ...(earlier?.http ? { http: earlier.http } : {}) });
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

/** @param {readonly string[]} names of parts; none for all */
async function policiesAlone(names) {
  const earlier = await readResults();
  if (earlier === undefined) throw new Error('there are no rows yet: npm run bench:goodput');
  for (const name of names) {
    if (!parts.some(({ id }) => id === name)) {
      throw new Error(
        `there is no part ${name}; there are ${parts.map(({ id }) => id).join(', ')}`,
      );
    }
  }
  const found = await benchPolicies(
    parts.filter(({ id }) => names.length === 0 || names.includes(id)),
  );
  /** @type {import('./policies/types.d.ts').PolicyResults} */
  const policies = {};
  for (const { id } of parts.flatMap(({ comparisons }) => comparisons)) {
    const runs = found[id] ?? earlier.policies?.[id];
    if (runs !== undefined) policies[id] = runs;
  }
  await saveResults({ ...earlier, policies });
  await writePage();
  console.log('\nwrote bench/results/goodput.json and docs/goodput.md');
}

/**
 * @param {readonly import('./policies/types.d.ts').Part[]} chosen
 * @returns {Promise<import('./policies/types.d.ts').PolicyResults>}
 */
async function benchPolicies(chosen) {
  const comparisons = chosen.flatMap((part) => part.comparisons);
  const jobs = comparisons.flatMap(({ id, arms: compared, seeds = SEEDS }) =>
    jobsOf(
      id,
      compared.map((arm) => arm.id),
      seeds,
      true,
    ),
  );
  /** @type {import('./policies/types.d.ts').PolicyResults} */
  const found = {};
  for (const { id, arms: compared } of comparisons)
    found[id] = byId(
      compared.map((arm) => arm.id),
      () => [],
    );
  /** @type {Map<string, import('./policies/types.d.ts').Figures>} */
  const answers = new Map();
  await runAll(jobs, ({ row, arm, seed }, { figures }) => {
    answers.set(`${row} ${arm} ${seed}`, figures ?? {});
    if (process.stderr.isTTY) process.stderr.write(`${answers.size} of ${jobs.length} runs   \r`);
  });
  for (const { row, arm, seed } of jobs) {
    found[row]?.[arm]?.push(answers.get(`${row} ${arm} ${seed}`) ?? {});
  }
  for (const comparison of comparisons) console.log(linesOf(comparison, found).join('\n'));
  return found;
}

/**
 * @param {readonly Row[]} chosen
 * @returns {Promise<import('./types.d.ts').Results>}
 */
async function bench(chosen) {
  const ids = arms.map(({ id }) => id);
  const answers = await answersOf(chosen, ids);
  /** @type {import('./types.d.ts').Results} */
  const results = { libraries: await versions(), seeds: SEEDS, rows: {}, charts: {}, choices: {} };
  for (const { id, chart } of chosen) {
    results.rows[id] = byId(ids, (arm) => answers.outcomes(id, arm));
    if (chart) results.charts[id] = byId(ids, (arm) => answers.of(id, arm, SEEDS[0] ?? 0).report);
  }
  return results;
}

/** @returns {Promise<import('./types.d.ts').Results['choices']>} */
async function benchChoices() {
  const ids = choices.map(({ id }) => id);
  const chosen = situations.map(({ row }) => rowOf(row));
  const answers = await answersOf(chosen, ids);
  return Object.fromEntries(
    chosen.map(({ id: row }) => [row, byId(ids, (choice) => answers.outcomes(row, choice))]),
  );
}

/**
 * Runs the arms through the rows, and prints each row when it is complete.
 * @param {readonly Row[]} chosen
 * @param {readonly string[]} ids of arms, or of choices
 */
async function answersOf(chosen, ids) {
  const jobs = chosen.flatMap(({ id }) => jobsOf(id, ids, SEEDS));
  const width = Math.max(...chosen.map(({ title }) => title.length));
  /** @type {Map<string, RunAnswer>} */
  const answers = new Map();
  const of = (/** @type {string} */ row, /** @type {string} */ arm, /** @type {number} */ seed) => {
    const answer = answers.get(`${row} ${arm} ${seed}`);
    if (answer === undefined) throw new Error(`no run of ${row}, ${arm}, seed ${seed}`);
    return answer;
  };
  const outcomes = (/** @type {string} */ row, /** @type {string} */ arm) =>
    SEEDS.map((seed) => of(row, arm, seed).outcome);
  const leftOf = new Map(chosen.map(({ id }) => [id, jobs.filter(({ row }) => row === id).length]));
  await runAll(jobs, (job, answer) => {
    answers.set(`${job.row} ${job.arm} ${job.seed}`, answer);
    if (process.stderr.isTTY) process.stderr.write(`${answers.size} of ${jobs.length} runs   \r`);
    const left = (leftOf.get(job.row) ?? 0) - 1;
    leftOf.set(job.row, left);
    if (left > 0) return;
    const row = rowOf(job.row);
    const cells = ids.map((id) => `${id} ${cellOf(row, outcomes(row.id, id))}`);
    const progress = `${answers.size}/${jobs.length}`;
    console.log(`${progress.padStart(7)}  ${row.title.padEnd(width)}  ${cells.join(' | ')}`);
  });
  return { of, outcomes };
}

/**
 * @param {string} row
 * @param {readonly string[]} ids
 * @param {readonly number[]} seeds
 * @param {boolean} [policies] whether `row` is a comparison of policies
 * @returns {Job[]}
 */
function jobsOf(row, ids, seeds, policies = false) {
  const of = policies ? /** @type {const} */ ({ policies: true }) : {};
  return ids.flatMap((arm) => seeds.map((seed) => ({ row, ...of, arm, seed, smoke: false })));
}

/**
 * @template T
 * @param {readonly string[]} ids
 * @param {(id: string) => T} make
 * @returns {Record<string, T>}
 */
function byId(ids, make) {
  return Object.fromEntries(ids.map((id) => [id, make(id)]));
}

/** Every arm and choice twice, so that both processes have to come to the same; a moment of HTTP; and the page, which is thrown away. */
async function smoke() {
  const ids = [...arms, ...choices].map(({ id }) => id);
  const once = [
    ...SMOKE_ROWS.flatMap((row) => jobsOf(row, ids, [1])),
    ...parts.flatMap(({ comparisons }) =>
      comparisons.flatMap(({ id, arms: compared }) =>
        jobsOf(
          id,
          compared.map((arm) => arm.id),
          [1],
          true,
        ),
      ),
    ),
  ].map((job) => ({ ...job, smoke: true }));
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
  console.log(`goodput  ${ids.length} arms run twice, some over HTTP, the page made`);
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
