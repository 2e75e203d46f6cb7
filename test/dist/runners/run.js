/** The tests of runners/ as users run theirs: each runner in its own project, beside a package that was installed. */
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

const jest = '../node_modules/jest/bin/jest.js';

/** What is run in each folder. */
export const runners = [
  { folder: 'node', args: ['--test', '--test-timeout=20000'] },
  { folder: 'sinon', args: ['holdfast.mjs'] },
  { folder: 'vitest', args: ['../node_modules/vitest/vitest.mjs', 'run'] },
  { folder: 'jest-esm', args: ['--experimental-vm-modules', jest] },
  // With Jest's own defaults: no configuration, no flag.
  { folder: 'jest-cjs', args: [jest] },
];

/** Puts them into a project that has the package. The runners are those of this repository. */
export function prepare(directory) {
  cpSync(here, directory, { recursive: true });
  for (const name of ['jest', 'vitest', 'sinon']) {
    symlinkSync(join(modules, name), join(directory, 'node_modules', name), 'junction');
  }
}
