import { fileURLToPath } from 'node:url';
import base from '../../vitest.config.js';

const eachTime = fileURLToPath(new URL('./each-time.ts', import.meta.url));

/** The tests of one part: what test/mutation/run.js asks for. */
const include = process.env['HOLDFAST_MUTATION_TESTS']?.split(',') ?? [];
const setupFiles = ['test/mutation/setup.ts'];

export default {
  ...base,
  resolve: {
    ...base.resolve,
    alias: [
      ...((base.resolve?.alias ?? []) as { find: RegExp; replacement: string }[]),
      { find: /^\..*\/once\.js$/, replacement: eachTime },
    ],
  },
  test: {
    ...base.test,
    include,
    setupFiles,
    // In threads, which take no --expose-gc; and slow, as each change that there could be is a condition in the code.
    execArgv: [],
    testTimeout: 120_000,
  },
};
