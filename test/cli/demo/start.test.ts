import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** `npm start`, in a checkout whose build only says that it was called. */

const script = fileURLToPath(new URL('../../../scripts/start.js', import.meta.url));
const MAIN = "console.log('main', ...process.argv.slice(2));";
const BUILD = `
  import fs from 'node:fs';
  export async function buildPrograms() {
    console.log('built');
    fs.mkdirSync('dist/cli', { recursive: true });
    fs.writeFileSync('dist/cli/main.js', ${JSON.stringify(MAIN)});
  }
`;

let root: string;
/** Writes a file, as long ago as that. */
function write(path: string, text: string, secondsAgo: number): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  age(path, secondsAgo);
}
function age(path: string, secondsAgo: number): void {
  const at = Date.now() / 1_000 - secondsAgo;
  utimesSync(join(root, path), at, at);
}
function start(...args: string[]): string[] {
  const argv = [join(root, 'scripts/start.js'), ...args];
  const { stdout } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
  return stdout.trim().split('\n');
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
  mkdirSync(join(root, 'scripts'));
  cpSync(script, join(root, 'scripts/start.js'));
  write('package.json', '{ "type": "module" }', 100);
  write('scripts/bundle.js', '', 100);
  write('scripts/inlined.js', '', 100);
  write('scripts/build.js', BUILD, 100);
  write('src/cli/main.ts', '', 100);
  age('src/cli', 100);
  age('src', 100);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('builds a clean checkout, and runs the demo', () => {
  expect(start('--seed', '7')).toEqual(['built', 'main demo --seed 7']);
});

it('runs what is built already', () => {
  write('dist/cli/main.js', MAIN, 50);
  expect(start()).toEqual(['main demo']);
});

it.each(['src/cli/main.ts', 'src/cli', 'scripts/bundle.js', 'scripts/inlined.js'])(
  'builds again when %s was changed',
  (path) => {
    write('dist/cli/main.js', MAIN, 50);
    age(path, 10);
    expect(start()).toEqual(['built', 'main demo']);
  },
);

it('does not run what does not build', () => {
  write(
    'scripts/build.js',
    "export async function buildPrograms() { throw new Error('no'); }",
    100,
  );
  write('dist/cli/main.js', MAIN, 200);
  expect(start()).toEqual(['']);
});
