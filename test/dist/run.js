/**
 * Tests what users get: packs the package, installs it into empty projects as they would, and runs consumer/ there.
 *
 *   node test/dist/run.js [--node 20,22,24,26] [--typescript 5.9,6.0] [--managers]
 *
 * Without arguments: the Node that runs this, and the compiler of this repository. `--managers` installs it with each package manager,
 * too. Needs dist/ (npm run build).
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { testManagers } from './managers.js';
import { prepare, runners } from './runners/run.js';
import { failed, must, report, run, runNode } from './tools.js';
import { testTypes } from './types.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const consumer = fileURLToPath(new URL('./consumer', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const list = (text) => (text === undefined ? [] : text.split(','));
const { values } = parseArgs({
  options: {
    node: { type: 'string' },
    typescript: { type: 'string' },
    managers: { type: 'boolean', default: false },
  },
});
const nodes = list(values.node);
const compilers = list(values.typescript);

/** Every path that a manifest's conditions lead to. */
const targets = (value) =>
  typeof value === 'string' ? [value] : Object.values(value).flatMap((each) => targets(each));

const KNOWN =
  /^(dist\/.+\.(js|cjs|d\.ts|d\.cts)|dashboards\/(alerts\.yml|grafana\.json)|docs\/.+\.(md|svg)|package\.json|README\.md|CHANGELOG\.md|THIRD-PARTY-NOTICES\.md|LICENSE)$/;

const peersOfGrpc = (versions) =>
  Object.fromEntries(
    ['@bufbuild/protobuf', '@connectrpc/connect', '@grpc/grpc-js'].map((name) => [
      name,
      versions[name],
    ]),
  );

async function pack(into) {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist/ is missing: npm run build');
  // --ignore-scripts: tests the dist/ that is there.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', into];
  const packed = JSON.parse(await must('npm', args, root));
  // npm 12 answers an object keyed by package name, earlier ones an array.
  const [tarball] = Object.values(packed);
  const files = tarball.files.map(({ path }) => path);
  const stray = files.filter((path) => !KNOWN.test(path));
  if (stray.length > 0)
    throw new Error(`the package holds files it should not: ${stray.join(', ')}`);
  const missing = targets([
    './THIRD-PARTY-NOTICES.md',
    manifest.exports,
    manifest.typesVersions,
    manifest.main,
    manifest.types,
    Object.values(manifest.bin).map((path) => `./${path}`),
  ]).filter((target) => !files.some((path) => `./${path}` === target));
  if (missing.length > 0)
    throw new Error(`the package lacks what it exports: ${missing.join(', ')}`);
  console.log(`packed ${files.length} files, ${Math.ceil(tarball.size / 1000)} kB`);
  return join(into, tarball.filename);
}

async function project(directory, tarball, dependencies) {
  cpSync(consumer, directory, { recursive: true });
  const text = JSON.stringify({ private: true, type: 'module', dependencies });
  writeFileSync(join(directory, 'package.json'), text);
  await must('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], directory);
  const own = join(directory, 'node_modules/holdfast/node_modules');
  const brought = existsSync(own) ? readdirSync(own).filter((name) => !name.startsWith('.')) : [];
  // cockatiel 4 is the project's own: holdfast takes its objects and brings version 3.
  if (brought.some((name) => name !== 'cockatiel' || !/^4/.test(dependencies.cockatiel)))
    throw new Error(`the package brought its own copy of what the project has: ${brought}`);
}

async function test(directory, name) {
  for (const node of nodes.length === 0 ? [undefined] : nodes) {
    const files = ['package.test.mjs', 'forms.test.mjs', 'own-zod.test.mjs', 'grpc.test.mjs'];
    const started = Date.now();
    const result = await runNode(node, ['--test', '--test-reporter=spec', ...files], directory);
    report(`${name}, Node ${node ?? process.version}`, result, started);
  }
}

/** Those of runners/, on the oldest and the newest Node asked for. */
async function testRunners(directory) {
  for (const node of nodes.length === 0 ? [undefined] : [nodes[0], nodes.at(-1)]) {
    for (const { folder, args } of runners) {
      const started = Date.now();
      const result = await runNode(node, args, join(directory, folder));
      // Jest warns of what is used after it was deleted.
      const ok = result.ok && !result.all.includes('DeprecationWarning');
      const what = `tests of users in ${folder}, Node ${node ?? process.version}`;
      report(what, { ...result, ok }, started);
    }
  }
}

/** The command that the package brings. */
async function testCommand(directory) {
  const started = Date.now();
  const commands = [
    { args: ['--version'], says: manifest.version },
    { args: ['simulate', '--list'], says: 'slowdown' },
    { args: ['demo', '--json', '--seconds', '4', '--rate', '50'], says: '"holdfast"' },
  ];
  for (const { args, says } of commands) {
    const result = await run('npx', ['--no-install', 'holdfast', ...args], directory);
    const ok = result.ok && result.stdout.includes(says);
    report(`holdfast ${args.join(' ')}`, { ...result, ok }, started);
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'holdfast-dist-'));
try {
  const tarball = await pack(temporary);
  const { undici } = manifest.devDependencies;
  const grpc = peersOfGrpc(manifest.devDependencies);

  const oldest = join(temporary, 'cockatiel3');
  await project(oldest, tarball, { cockatiel: '3.2.1' });
  await test(oldest, 'cockatiel 3.2.1, without undici, zod and libraries for gRPC');
  await testCommand(oldest);

  const newest = join(temporary, 'cockatiel4');
  const zod = { zod: '4.1.5', zod3: 'npm:zod@3.25.76' };
  await project(newest, tarball, { cockatiel: '4.0.0', undici, ...grpc, ...zod });
  await test(newest, 'cockatiel 4.0.0, with undici, zod and libraries for gRPC');

  const runs = join(temporary, 'runners');
  await project(runs, tarball, {});
  prepare(runs);
  await testRunners(runs);

  const typed = join(temporary, 'types');
  await project(typed, tarball, { undici, ...grpc });
  await testTypes(typed, compilers);

  if (values.managers) await testManagers({ temporary, tarball, undici });
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
process.exitCode = failed() ? 1 : 0;
