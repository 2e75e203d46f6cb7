import base from '../../vitest.config.js';

/** The tests of one part: what test/mutation/run.js asks for. */
const include = process.env['HOLDFAST_MUTATION_TESTS']?.split(',') ?? [];
const setupFiles = ['test/mutation/setup.ts'];

export default {
  ...base,
  test: {
    ...base.test,
    include,
    setupFiles,
    // In threads, which take no --expose-gc; and slow, as each change that there could be is a condition in the code.
    execArgv: [],
    testTimeout: 120_000,
  },
};
