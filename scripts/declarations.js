/**
 * Bundles the types of the package from the declarations that `tsc` has written to `build/`: one file for each entry, with shared chunks
 * and with docstrings. To TypeScript they are CommonJS (`.d.cts`). The `.d.ts` of an ES module only leads there, so that both have the same
 * types.
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { LIBRARY } from './bundle.js';

const build = fileURLToPath(new URL('../build/', import.meta.url));

const hostTypes = fileURLToPath(new URL('host-types.d.cts', import.meta.url));
const entries = new Set(
  Object.values(LIBRARY).map((path) => join(build, path.replace(/\.ts$/, '.d.ts'))),
);

/** Schemas are of no public type. So this folder would be an empty chunk. */
const config = join(build, 'config');

/** Makes one chunk for each folder of the source. Types may refer to each other in circles. */
function chunkOf(id) {
  return entries.has(id) || !id.startsWith(build) || id.startsWith(config)
    ? undefined
    : relative(build, id)
        .split(sep)[0]
        .replace(/\.d\.ts$/, '');
}

export async function bundleDeclarations(into) {
  const input = Object.fromEntries(
    Object.entries(LIBRARY).map(([name, path]) => [
      name,
      join(build, path.replace(/\.ts$/, '.d.ts')),
    ]),
  );
  const bundle = await rollup({
    input,
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith(build),
    plugins: [dts()],
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message);
    },
  });
  try {
    await bundle.write({
      dir: into,
      format: 'es',
      hoistTransitiveImports: false,
      entryFileNames: '[name].d.cts',
      chunkFileNames: 'shared/[name].d.cts',
      banner: ({ isEntry }) => (isEntry ? "import './shared/host-types.cjs';" : ''),
      manualChunks: chunkOf,
      onlyExplicitManualChunks: true,
      minifyInternalExports: false,
      plugins: [
        {
          name: 'two-spaces',
          renderChunk: (code) =>
            code.replace(/^(?: {4})+/gm, ({ length }) => ' '.repeat(length / 2)),
        },
      ],
    });
  } finally {
    await bundle.close();
  }
  await Promise.all([
    copyFile(hostTypes, join(into, 'shared/host-types.d.cts')),
    ...Object.keys(LIBRARY).map((name) =>
      writeFile(join(into, `${name}.d.ts`), `export * from './${name}.cjs';\n`),
    ),
  ]);
}
