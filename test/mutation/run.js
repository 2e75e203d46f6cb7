/**
 * Mutation tests of what decides, `npm run mutation`: Stryker changes one thing at a time in the files of parts.js, and the tests
 * of the part have to fail. Of the changes that differ in anything that can be seen, at least 90% must be noticed.
 *
 *   node test/mutation/run.js [part or file]... [--changed] [--report file.json]
 *
 * Parts are named as in parts.js, files by the end of their path. `--changed` mutates only the lines that differ from the main
 * branch, or from the commit before when this is the main branch, and begins no part after five minutes. `--report` writes down every mutant that was not noticed.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { changedLines } from './changed.js';
import { filesOf } from './files.js';
import { PARTS } from './parts.js';
import { verdictOn } from './verdict.js';

/** Also an error outside of any test, such as a rejection that nobody handled. */
const NOTICED = new Set(['Killed', 'Timeout', 'RuntimeError']);
/** As long as other checks take, for what is only a first look: the whole run has no limit. */
const CHANGED_MS = 300_000;
const root = new URL('../../', import.meta.url);

process.chdir(fileURLToPath(root));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { changed: { type: 'boolean', default: false }, report: { type: 'string' } },
});

const asked = ({ name }, file) =>
  positionals.length === 0 || positionals.some((each) => each === name || file.endsWith(each));
const changed = values.changed ? changedLines() : undefined;

const mutants = [];
const leftOut = [];
/** Test files that ran through none of the code: moved, or broken where they run here. */
const idle = [];
for (const part of PARTS) {
  const all = part.files.flatMap((pattern) => filesOf('src', pattern));
  const files = all.filter((file) => asked(part, file));
  const mutate = changed === undefined ? files : files.flatMap((file) => changed.get(file) ?? []);
  if (mutate.length === 0) continue;
  const started = performance.now();
  if (values.changed && started > CHANGED_MS) {
    leftOut.push(part.name);
    continue;
  }
  const tests = part.tests.flatMap((pattern) => filesOf('test', pattern));
  const found = await mutantsOf(mutate, tests);
  mutants.push(...found);
  if (changed === undefined && files.length === all.length) {
    const used = new Set(found.flatMap(({ coveredBy }) => coveredBy));
    idle.push(...tests.filter((test) => !used.has(test)));
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${part.name}: ${found.length} mutants, ${seconds} s`);
}

const verdict = verdictOn(mutants, { whole: changed === undefined });
console.log(verdict.text);
if (leftOut.length > 0) console.log(`Left out for want of time: ${leftOut.join(', ')}`);
if (idle.length > 0)
  console.log(`These tests ran through nothing that is mutated: ${idle.join(', ')}`);
if (values.report !== undefined) {
  writeFileSync(values.report, JSON.stringify(verdict.survivors, undefined, 2));
}
process.exit(verdict.passed && idle.length === 0 ? 0 : 1);

/** Runs Stryker on files or ranges of lines (`file:first-last`) against the tests of a part. */
async function mutantsOf(mutate, tests) {
  process.env.HOLDFAST_MUTATION_TESTS = tests.join(',');
  const results = await new Stryker({
    mutate,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    // On top of what the tests take: on a busy machine, what is late is not yet noticed.
    timeoutMS: 10_000,
    concurrency: 1,
    // What the copy that is mutated consists of.
    ignorePatterns: ['**', '!src/**', '!test/**', '!docs/**', '!*.config.ts', '!package.json'],
    tsconfigFile: 'none',
    disableTypeChecks: false,
    mutator: { excludedMutations: [] },
    reporters: process.stdout.isTTY ? ['progress'] : [],
    logLevel: 'error',
    fileLogLevel: 'off',
  }).runMutationTest();
  return results
    .filter(({ status }) => status !== 'Ignored')
    .map(({ fileName, location, mutatorName, replacement, status, coveredBy = [] }) => ({
      file: fileName.slice(fileName.lastIndexOf('src/')),
      location,
      mutator: mutatorName,
      replacement,
      noticed: NOTICED.has(status),
      coveredBy: coveredBy.map((test) => test.slice(0, test.indexOf('#'))),
    }));
}
