import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { vi } from 'vitest';
import { build } from '../../cli/built.js';

export type Holdfast = typeof import('../../../src/index.js');
export type HoldfastFetch = typeof import('../../../src/fetch/index.js');
export type HoldfastTesting = typeof import('../../../src/testing/index.js');
export type HoldfastCockatiel = typeof import('../../../src/cockatiel/index.js');

/** One copy of the package. */
export interface Copy {
  readonly core: Holdfast;
  readonly fetch: HoldfastFetch;
  readonly cockatiel: HoldfastCockatiel;
  readonly testing: HoldfastTesting;
}

/** Two copies of the package in this process. */
export interface Pair {
  readonly one: Copy;
  readonly other: Copy;
  remove(): void;
}

async function fresh(): Promise<Copy> {
  vi.resetModules();
  return {
    core: await import('../../../src/index.js'),
    fetch: await import('../../../src/fetch/index.js'),
    cockatiel: await import('../../../src/cockatiel/index.js'),
    testing: await import('../../../src/testing/index.js'),
  };
}

async function loadedTwice(): Promise<Pair> {
  return { one: await fresh(), other: await fresh(), remove: () => {} };
}

async function from(folder: string): Promise<Copy> {
  const load = (entry: string) => import(pathToFileURL(join(folder, entry)).href);
  return {
    core: (await load('index.js')) as Holdfast,
    fetch: (await load('fetch/index.js')) as HoldfastFetch,
    cockatiel: (await load('cockatiel/index.js')) as HoldfastCockatiel,
    testing: (await load('testing/index.js')) as HoldfastTesting,
  };
}

async function inTwoFolders(): Promise<Pair> {
  const built = await build();
  const first = dirname(built.file('index.js'));
  const second = join(dirname(realpathSync(first)), 'copy');
  cpSync(first, second, { recursive: true });
  return { one: await from(first), other: await from(second), remove: () => built.remove() };
}

/** One copy, and one of another version whose contract is another one. */
export async function thatDoNotFit(): Promise<Pair> {
  const built = await build();
  const first = dirname(built.file('index.js'));
  const second = join(dirname(realpathSync(first)), 'newer');
  cpSync(first, second, { recursive: true });
  const file = join(second, 'copies.js');
  const text = readFileSync(file, 'utf8')
    .replace(/VERSION = '[^']+'/, "VERSION = '9.9.9'")
    .replace(/CONTRACT = \d+/, 'CONTRACT = 99');
  writeFileSync(file, text);
  return { one: await from(first), other: await from(second), remove: () => built.remove() };
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What is published: both forms of one package. */
async function inTwoForms(): Promise<Pair> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-forms-')));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const bundler: string = pathToFileURL(join(root, 'scripts/bundle.js')).href;
  const { bundleAll } = (await import(bundler)) as { bundleAll(into: string): Promise<void> };
  await bundleAll(folder);
  const load = (entry: string) => import(pathToFileURL(join(folder, `${entry}.js`)).href);
  const require = createRequire(join(folder, 'package.json'));
  return {
    one: {
      core: (await load('index')) as Holdfast,
      fetch: (await load('fetch')) as HoldfastFetch,
      cockatiel: (await load('cockatiel')) as HoldfastCockatiel,
      testing: (await load('testing')) as HoldfastTesting,
    },
    other: {
      core: require('./cjs/index.cjs') as Holdfast,
      fetch: require('./cjs/fetch.cjs') as HoldfastFetch,
      cockatiel: require('./cjs/cockatiel.cjs') as HoldfastCockatiel,
      testing: require('./cjs/testing.cjs') as HoldfastTesting,
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const pairs: readonly (readonly [string, () => Promise<Pair>])[] = [
  ['the source, loaded twice', loadedTwice],
  ['the built package, in two folders', inTwoFolders],
  ['the published package, as ES modules and as CommonJS', inTwoForms],
];
