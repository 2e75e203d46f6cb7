import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = fileURLToPath(new URL('./src/', import.meta.url));

/** Where a mistake is a lost permit or a wrong verdict, not a wrong word. */
const decisive = ['pipeline', 'policies', 'windows', 'time'];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^holdfast$/, replacement: `${source}index.ts` },
      { find: /^holdfast\/([a-z-]+)$/, replacement: `${source}$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // One worker a core: by default a core is left idle, which is half of a machine with two.
    maxWorkers: '100%',
    // Leak tests measure the heap after a collection.
    execArgv: ['--expose-gc'],
    // Only for what hangs: a busy machine may take ten times as long as usual.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: Object.fromEntries(decisive.map((part) => [`src/${part}/**`, { branches: 98 }])),
    },
  },
});
