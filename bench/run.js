// @ts-check
/**
 * `npm run bench`             measures all paths, writes bench/results, docs/performance.md and bench/README.md
 * `npm run bench -- P1 P3`    some paths; the results of the others stay
 * `npm run bench -- --runs 9` more runs than five
 * `npm run bench -- --quick`  fewer and shorter runs, less sure; the results say so
 * `npm run bench -- --cpu`    processor time instead of the time that passes, for a busy machine while
 *                             developing: waiting is not seen, and nothing is written
 * `npm run bench:smoke`       checks every arm and times it for a moment; writes nothing
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { goals } from './goals.js';
import { inProcess } from './harness/processes.js';
import { pathOf, paths } from './paths.js';
import { printPath } from './report/console.js';
import { judge } from './report/figures.js';
import { readResults, saveResults, writePages } from './report/write.js';

/** @typedef {import('./types.d.ts').Path} Path */
/** @typedef {import('./types.d.ts').RunResult} RunResult */
/** @typedef {import('./types.d.ts').Effort} Effort */

const LEAST_RUNS = 5;
const QUICK_RUNS = 3;
/** Too few calls are in flight in a smoke run. */
const NOT_IN_SMOKE = 'in-flight';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
  },
});
const MAJOR = process.versions.node.split('.')[0] ?? '';
const chosen = positionals.length === 0 ? paths : positionals.map(pathOf);

if (options.smoke) await smoke();
else await bench(Number(options.runs ?? (options.quick ? QUICK_RUNS : LEAST_RUNS)));

async function smoke() {
  let failed = false;
  for (const path of chosen) {
    try {
      await check(path);
      const result = await measure(path, 0, 'smoke');
      const arms = Object.keys(result).length;
      if (arms !== path.arms.length) throw new Error(`${path.id}: ${arms} arms measured`);
      judgeAll(path, gather(path, [result]));
      console.log(`${path.id}  ${arms} arms checked and timed`);
    } catch (error) {
      failed = true;
      console.error(error instanceof Error ? error.message : error);
    }
  }
  process.exitCode = failed ? 1 : 0;
}

/**
 * Every goal finds its figures, whatever they are.
 * @param {Path} path
 * @param {import('./types.d.ts').PathResult} result
 */
function judgeAll(path, result) {
  if (path.kind === NOT_IN_SMOKE) return;
  for (const goal of goals) {
    if (goal.path === path.id && judge(goal, result, MAJOR) === undefined) {
      throw new Error(`${path.id}: no figures for the goal ${goal.id}`);
    }
  }
}

/** @param {number} runs */
async function bench(runs) {
  const least = options.quick ? QUICK_RUNS : LEAST_RUNS;
  if (!Number.isInteger(runs) || runs < least) {
    throw new Error(`--runs must be a whole number >= ${least}: fewer are no measurement`);
  }
  for (const path of chosen) await check(path);
  console.log(`checked the arms of ${chosen.map(({ id }) => id).join(', ')}`);

  const started = performance.now();
  const earlier = (await readResults()).get(MAJOR);
  /** @type {import('./types.d.ts').Results} */
  const results = {
    node: process.version,
    v8: process.versions.v8,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    ...(earlier?.minutes !== undefined && { minutes: earlier.minutes }),
    libraries: await versions(),
    paths: { ...earlier?.paths },
  };
  const collected = new Map(chosen.map(({ id }) => [id, /** @type {RunResult[]} */ ([])]));
  for (let run = 0; run < runs; run++) {
    for (const path of chosen) {
      process.stderr.write(`run ${run + 1} of ${runs}: ${path.id}   \r`);
      collected.get(path.id)?.push(await measure(path, run, options.quick ? 'quick' : 'full'));
    }
  }
  process.stderr.write('\n');

  for (const path of chosen) {
    const result = gather(path, collected.get(path.id) ?? []);
    results.paths[path.id] = result;
    printPath(path, result, MAJOR);
  }
  const minutes = Math.ceil((performance.now() - started) / 60_000);
  console.log(`\nmeasured in ${minutes} minutes`);
  if (options.cpu) return;
  if (chosen === paths && !options.quick) results.minutes = minutes;
  results.paths = Object.fromEntries(
    paths.flatMap(({ id }) => (results.paths[id] ? [[id, results.paths[id]]] : [])),
  );
  await saveResults(MAJOR, results);
  await writePages();
  console.log(`wrote bench/results/${MAJOR}.json, docs/performance.md and bench/README.md`);
}

/** @param {Path} path */
function check(path) {
  const task = {
    path: path.id,
    action: /** @type {const} */ ('check'),
    turn: 0,
    cpu: false,
    effort: /** @type {const} */ ('smoke'),
  };
  return inProcess(task, { roomy: false });
}

/**
 * @param {Path} path
 * @param {number} run
 * @param {Effort} effort
 */
function measure(path, run, effort) {
  // Turned by a fifth of the arms, so that over five runs each is once near every end.
  const turn = run * Math.ceil(path.arms.length / 5);
  return inProcess(
    { path: path.id, action: 'measure', turn, cpu: options.cpu, effort },
    { roomy: path.kind === 'bytes' },
  );
}

/**
 * From one result a run to one list of values an arm.
 * @param {Path} path
 * @param {readonly RunResult[]} runs
 * @returns {import('./types.d.ts').PathResult}
 */
function gather(path, runs) {
  const arms = path.arms.map(({ id, label, library, group }) => {
    const perRun = runs.map((run) => /** @type {Record<string, never>} */ (run[id] ?? {}));
    const keys = Object.keys(perRun[0] ?? {});
    const figures =
      path.kind === 'in-flight'
        ? {
            sizes: Object.fromEntries(
              keys.map((size) => [size, columns(perRun.map((run) => run[size] ?? {}))]),
            ),
          }
        : { values: columns(perRun) };
    return { id, label, library, group, ...figures };
  });
  return {
    date: new Date().toISOString().slice(0, 10),
    runs: runs.length,
    ...(options.quick && { quick: true }),
    arms,
  };
}

/** @param {readonly Record<string, number>[]} rows */
function columns(rows) {
  const keys = Object.keys(rows[0] ?? {});
  return Object.fromEntries(
    keys.map((key) => [key, rows.map((row) => Number((row[key] ?? Number.NaN).toPrecision(5)))]),
  );
}

async function versions() {
  const own = new URL('../package.json', import.meta.url);
  /** @type {Record<string, URL>} */
  const manifests = {
    holdfast: own,
    cockatiel: new URL('../node_modules/cockatiel4/package.json', import.meta.url),
    opossum: new URL('../node_modules/opossum/package.json', import.meta.url),
    mollitia: new URL('../node_modules/mollitia/package.json', import.meta.url),
    ky: new URL('../node_modules/ky/package.json', import.meta.url),
    got: new URL('../node_modules/got/package.json', import.meta.url),
    undici: new URL('../node_modules/undici/package.json', import.meta.url),
    zod: new URL('../node_modules/zod/package.json', import.meta.url),
  };
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, manifest] of Object.entries(manifests)) {
    found[name] = JSON.parse(await readFile(manifest, 'utf8')).version;
  }
  return found;
}
