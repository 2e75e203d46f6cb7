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
import { measureQuietly } from './harness/floor.js';
import { inProcess } from './harness/processes.js';
import { pathOf, paths } from './paths.js';
import { printPath } from './report/console.js';
import { judge } from './report/figures.js';
import { planText } from './report/plan.js';
import { readResults, saveResults, writePages } from './report/write.js';

/** @typedef {import('./types.d.ts').Path} Path */
/** @typedef {import('./types.d.ts').RunResult} RunResult */
/** @typedef {import('./types.d.ts').Effort} Effort */
/** @typedef {{ result: RunResult, seconds: number, processes: number, repeated: number }} Measured one run of a path */

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
      const { result } = await measure(path, 0, 'smoke');
      const arms = Object.keys(result).length;
      if (arms !== path.arms.length) throw new Error(`${path.id}: ${arms} arms measured`);
      judgeAll(path, gather(path, [{ result, seconds: 0, processes: 1, repeated: 0 }]));
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
  const effort = options.quick ? 'quick' : 'full';
  const earlier = await readResults();
  console.log(planText(chosen, runs, effort, earlier, MAJOR));
  for (const path of chosen) await check(path);
  console.log(`checked the arms of ${chosen.map(({ id }) => id).join(', ')}`);

  const started = performance.now();
  const before = earlier.get(MAJOR);
  /** @type {import('./types.d.ts').Results} */
  const results = {
    node: process.version,
    v8: process.versions.v8,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    ...(before?.minutes !== undefined && { minutes: before.minutes }),
    libraries: await versions(),
    paths: { ...before?.paths },
  };
  const collected = new Map(chosen.map(({ id }) => [id, /** @type {Measured[]} */ ([])]));
  for (let run = 0; run < runs; run++) {
    for (const path of chosen.filter(({ mostRuns = runs }) => run < mostRuns)) {
      process.stderr.write(`run ${run + 1} of ${runs}: ${path.id}   \r`);
      collected.get(path.id)?.push(await measure(path, run, effort));
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
  const task = { path: path.id, turn: 0, cpu: false };
  return inProcess({ ...task, action: 'check', effort: 'smoke' }, { roomy: false });
}

/**
 * Each group in a process of its own.
 * @param {Path} path
 * @param {number} run
 * @param {Effort} effort
 * @returns {Promise<Measured>}
 */
async function measure(path, run, effort) {
  const started = performance.now();
  const task = { path: path.id, cpu: options.cpu, effort };
  /** @type {Measured} */
  const measured = { result: {}, seconds: 0, processes: 0, repeated: 0 };
  if (path.kind === 'own') {
    measured.result = await inProcess({ ...task, action: 'measure', turn: run }, { roomy: false });
    measured.processes = 1;
  } else {
    const action = effort === 'smoke' ? /** @type {const} */ ('both') : 'measure';
    for (const { id: group, bare } of path.groups) {
      // Turned by a fifth of the arms, so that over five runs each is once near every end.
      const arms = path.arms.filter((arm) => arm.group === group).length;
      const turn = run * Math.ceil(arms / 5);
      const once = () =>
        inProcess({ ...task, group, action, turn }, { roomy: path.kind === 'bytes' });
      const { result, repeats } =
        effort === 'smoke'
          ? { result: await once(), repeats: 0 }
          : await measureQuietly(bare, once);
      Object.assign(measured.result, result);
      measured.processes++;
      measured.repeated += repeats;
    }
  }
  measured.seconds = (performance.now() - started) / 1_000;
  return measured;
}

/**
 * From one result a run to one list of values an arm.
 * @param {Path} path
 * @param {readonly Measured[]} runs
 * @returns {import('./types.d.ts').PathResult}
 */
function gather(path, runs) {
  const arms = path.arms.map(({ id, label, library, group }) => {
    const perRun = runs.map(
      ({ result }) => /** @type {Record<string, never>} */ (result[id] ?? {}),
    );
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
  const sum = (/** @type {'seconds' | 'processes' | 'repeated'} */ key) =>
    runs.reduce((total, run) => total + run[key], 0);
  return {
    date: new Date().toISOString().slice(0, 10),
    runs: runs.length,
    ...(options.quick && { quick: true }),
    seconds: Math.round(sum('seconds')),
    processes: sum('processes'),
    repeated: sum('repeated'),
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
