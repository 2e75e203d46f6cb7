import base from '../../vitest.config.js';

/** The tests of one part: what test/mutation/run.js asks for. */
const include = process.env['HOLDFAST_MUTATION_TESTS']?.split(',') ?? [];
const setupFiles = ['test/mutation/setup.ts'];

// Tests run in threads here, which take no --expose-gc.
export default { ...base, test: { ...base.test, include, setupFiles, execArgv: [] } };
