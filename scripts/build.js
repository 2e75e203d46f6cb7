/**
 * `npm run build`: writes the declarations of each file to `build/`, which also checks the types, and what is published to `dist/`. Does
 * nothing if both are up to date with the source, since many commands begin with a build.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAll, bundlePrograms } from './bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const build = join(root, 'build');
const stamp = join(build, 'stamp.json');

function filesIn(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A hash of everything that a build depends on. */
function fingerprint() {
  const hash = createHash('sha256');
  const single = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const file of [
    ...filesIn('src'),
    ...filesIn('scripts'),
    ...single.map((each) => join(root, each)),
  ])
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

const sizes = () => Object.fromEntries(filesIn('dist').map((file) => [file, statSync(file).size]));

function isCurrent(source) {
  try {
    const last = JSON.parse(readFileSync(stamp, 'utf8'));
    return last.source === source && JSON.stringify(last.files) === JSON.stringify(sizes());
  } catch {
    return false;
  }
}

function compile() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json')];
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    child.once('error', failed);
    child.once('exit', (code) =>
      code === 0 ? done() : failed(new Error('the source does not compile')),
    );
  });
}

/** Builds only the JavaScript, whether or not its types are right. That is quick. */
export async function buildPrograms() {
  rmSync(stamp, { force: true });
  rmSync(dist, { recursive: true, force: true });
  await bundlePrograms(dist);
}

/** Builds everything. */
export async function buildAll() {
  const source = fingerprint();
  if (isCurrent(source)) return;
  for (const folder of [dist, build]) rmSync(folder, { recursive: true, force: true });
  await Promise.all([compile(), bundleAll(dist)]);
  const { bundleDeclarations } = await import('./declarations.js');
  await bundleDeclarations(join(dist, 'types'));
  mkdirSync(build, { recursive: true });
  writeFileSync(stamp, JSON.stringify({ source, files: sizes() }));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await buildAll();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
