import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** `npm start`, in a checkout whose compiler only says that it was called. */

const script = fileURLToPath(new URL('../../../scripts/start.js', import.meta.url));
const MAIN = "console.log('main', ...process.argv.slice(2));";
const COMPILER = `
  const fs = require('node:fs');
  console.log('compiled');
  fs.mkdirSync('dist/cli', { recursive: true });
  fs.writeFileSync('dist/cli/main.js', ${JSON.stringify(MAIN)});
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
  write('tsconfig.json', '{}', 100);
  write('tsconfig.build.json', '{}', 100);
  write('src/cli/main.ts', '', 100);
  age('src/cli', 100);
  age('src', 100);
  write('node_modules/typescript/package.json', '{}', 100);
  write('node_modules/typescript/bin/tsc', COMPILER, 100);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('compiles a clean checkout, and runs the demo', () => {
  expect(start('--seed', '7')).toEqual(['compiled', 'main demo --seed 7']);
});

it('runs what is compiled already', () => {
  write('dist/cli/main.js', MAIN, 50);
  expect(start()).toEqual(['main demo']);
});

it.each(['src/cli/main.ts', 'src/cli', 'tsconfig.build.json'])(
  'compiles again when %s was changed',
  (path) => {
    write('dist/cli/main.js', MAIN, 50);
    age(path, 10);
    expect(start()).toEqual(['compiled', 'main demo']);
  },
);

it('does not run what does not compile', () => {
  write('node_modules/typescript/bin/tsc', "console.log('error TS1'); process.exit(2);", 100);
  expect(start()).toEqual(['error TS1']);
});
