/** Compiles consumer/ with the options of several kinds of user, inside a project that installed the package. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { report, run } from './tools.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const own = join(root, 'node_modules/typescript/bin/tsc');

const modules = ['types.ts', 'own-policies.ts', 'services.ts'];
const node = [...modules, 'grpc.ts'];
const anyHost = ['any-host.ts', 'any-host-commonjs.cts'];

/** `before` is the first TypeScript that has these options no more. */
const users = {
  'Node service': {
    files: node,
    module: 'NodeNext',
    lib: ['ES2022'],
    types: ['node'],
    skipLibCheck: true,
  },
  'browser bundle': {
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ES2022', 'DOM'],
    types: [],
    skipLibCheck: true,
  },
  'strictest options': {
    module: 'NodeNext',
    lib: ['ES2022', 'DOM'],
    types: ['node'],
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  },
  'neither DOM nor Node': {
    files: anyHost,
    module: 'NodeNext',
    lib: ['ES2022'],
    types: [],
    skipLibCheck: false,
  },
  'CommonJS service': {
    files: ['commonjs.cts'],
    module: 'NodeNext',
    lib: ['ES2022'],
    types: ['node'],
    skipLibCheck: true,
  },
  'resolution of old (node10)': {
    before: 6,
    files: ['commonjs.cts'],
    module: 'CommonJS',
    moduleResolution: 'node10',
    lib: ['ES2022'],
    types: ['node'],
    skipLibCheck: true,
  },
};

export async function testTypes(directory, compilers) {
  const versions = [undefined, ...compilers];
  for (const [user, { files = modules, before = Infinity, ...options }] of Object.entries(users)) {
    const compilerOptions = {
      strict: true,
      target: 'ES2022',
      noEmit: true,
      typeRoots: [join(root, 'node_modules/@types')],
      ...options,
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    for (const version of versions) {
      if (before <= Number.parseInt(version ?? '7', 10)) continue;
      const started = Date.now();
      const result =
        version === undefined
          ? await run(process.execPath, [own, '-p', '.'], directory)
          : await run('npx', ['-y', '-p', `typescript@${version}`, '-c', 'tsc -p .'], directory);
      report(
        `types, ${user}${version === undefined ? '' : `, TypeScript ${version}`}`,
        result,
        started,
      );
    }
  }
}
