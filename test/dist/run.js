/**
 * Tests what users get: packs the package, installs it into empty projects as they would, and runs consumer/ there.
 *
 *   node test/dist/run.js [--node 20,22,24,26] [--typescript 5.9,6.0]
 *
 * Without arguments: the Node that runs this, and the compiler of this repository. Needs dist/ (npm run build).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepare, runners } from './runners/run.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const consumer = fileURLToPath(new URL('./consumer', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const list = (text) => (text === undefined ? [] : text.split(','));
const { values } = parseArgs({
  options: { node: { type: 'string' }, typescript: { type: 'string' } },
});
const nodes = list(values.node);
const compilers = list(values.typescript);

// `npm run` tells its children which project they belong to; the projects made here are not that one.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|command)|npm_config_local_prefix|INIT_CWD|NODE_OPTIONS)/i.test(
        name,
      ),
  ),
);

function run(command, args, cwd) {
  const result = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    shell: process.platform === 'win32' && command !== process.execPath,
  });
  if (result.error) throw result.error;
  return { ok: result.status === 0, stdout: result.stdout, all: result.stdout + result.stderr };
}

function must(command, args, cwd) {
  const result = run(command, args, cwd);
  if (!result.ok) throw new Error(`${command} ${args.join(' ')} failed:\n${result.all}`);
  return result.stdout;
}

let failures = 0;
function report(what, { ok, all }, started) {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (ok) return;
  failures++;
  console.log(all);
}

function pack(into) {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist/ is missing: npm run build');
  // --ignore-scripts: tests the dist/ that is there.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', into];
  const packed = JSON.parse(must('npm', args, root));
  // npm 12 answers an object keyed by package name, earlier ones an array.
  const [tarball] = Object.values(packed);
  const stray = tarball.files
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^(dist\/.+\.(js|js\.map|d\.ts)|dashboards\/(alerts\.yml|grafana\.json)|docs\/.+\.(md|svg)|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(
          path,
        ),
    );
  if (stray.length > 0)
    throw new Error(`the package holds files it should not: ${stray.join(', ')}`);
  const missing = Object.values(manifest.exports)
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .concat(Object.values(manifest.bin).map((path) => `./${path}`))
    .filter((target) => !tarball.files.some(({ path }) => `./${path}` === target));
  if (missing.length > 0)
    throw new Error(`the package lacks what it exports: ${missing.join(', ')}`);
  console.log(`packed ${tarball.files.length} files, ${Math.ceil(tarball.size / 1024)} KiB`);
  return join(into, tarball.filename);
}

function project(directory, tarball, dependencies) {
  cpSync(consumer, directory, { recursive: true });
  const text = JSON.stringify({ private: true, type: 'module', dependencies });
  writeFileSync(join(directory, 'package.json'), text);
  must('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], directory);
  if (existsSync(join(directory, 'node_modules/holdfast/node_modules'))) {
    throw new Error('the package brought its own copy of a dependency the project has');
  }
}

const TESTS = 'package.test.mjs';

function test(directory, name) {
  const targets = nodes.length === 0 ? [undefined] : nodes;
  for (const node of targets) {
    const started = Date.now();
    const result =
      node === undefined
        ? run(process.execPath, ['--test', '--test-reporter=spec', TESTS], directory)
        : run(
            'npx',
            [
              '-y',
              '-p',
              `node@${node}`,
              '-c',
              `node --version && node --test --test-reporter=spec ${TESTS}`,
            ],
            directory,
          );
    const version =
      node === undefined ? process.version : (/^v\S+/m.exec(result.stdout)?.[0] ?? node);
    report(`${name}, Node ${version}`, result, started);
  }
}

/** Those of runners/, on the oldest and the newest Node asked for. */
function testRunners(directory) {
  for (const node of nodes.length === 0 ? [undefined] : [nodes[0], nodes.at(-1)]) {
    for (const { folder, args } of runners) {
      const cwd = join(directory, folder);
      const started = Date.now();
      const result =
        node === undefined
          ? run(process.execPath, args, cwd)
          : run('npx', ['-y', '-p', `node@${node}`, '-c', `node ${args.join(' ')}`], cwd);
      report(`tests of users in ${folder}, Node ${node ?? process.version}`, result, started);
    }
  }
}

const sources = ['types.ts', 'own-policies.ts'];
const base = { strict: true, target: 'ES2022', noEmit: true, files: sources };
const users = {
  'Node service': { module: 'NodeNext', lib: ['ES2022'], types: ['node'], skipLibCheck: true },
  'browser bundle': {
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ES2022', 'DOM'],
    types: [],
    skipLibCheck: true,
  },
  'strictest options': {
    module: 'NodeNext',
    lib: ['ES2022', 'DOM'],
    types: ['node'],
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  },
};

function types(directory) {
  const own = join(root, 'node_modules/typescript/bin/tsc');
  for (const [user, { ...options }] of Object.entries(users)) {
    const { files, ...compilerOptions } = { ...base, ...options };
    const typeRoots = [join(root, 'node_modules/@types')];
    const text = JSON.stringify({ compilerOptions: { ...compilerOptions, typeRoots }, files });
    writeFileSync(join(directory, 'tsconfig.json'), text);
    const started = Date.now();
    report(`types, ${user}`, run(process.execPath, [own, '-p', directory], directory), started);
    for (const version of compilers) {
      const started = Date.now();
      const args = ['-y', '-p', `typescript@${version}`, '-c', 'tsc -p .'];
      report(`types, ${user}, TypeScript ${version}`, run('npx', args, directory), started);
    }
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'holdfast-dist-'));
try {
  const tarball = pack(temporary);

  const oldest = join(temporary, 'cockatiel3');
  project(oldest, tarball, { cockatiel: '3.2.1' });
  test(oldest, 'cockatiel 3.2.1, without undici');

  const newest = join(temporary, 'cockatiel4');
  project(newest, tarball, { cockatiel: '4.0.0', undici: manifest.devDependencies.undici });
  test(newest, 'cockatiel 4.0.0, with undici');

  const runs = join(temporary, 'runners');
  project(runs, tarball, {});
  prepare(runs);
  testRunners(runs);

  types(newest);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
