// @ts-check
/**
 * What a part of a package weighs in a user's bundle: every package included, minified, each file gzipped.
 * esbuild splits off what is only loaded by `import()`. The initial chunks are what is loaded at once.
 *
 * @module
 */

import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** The repository: `holdfast` resolves to the built package there, and peers are installed. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} BundleSize
 * @property {number} initial gzipped bytes that are loaded at once
 * @property {number} lazy gzipped bytes of the chunks that are loaded when needed
 * @property {number} minified bytes that are loaded at once, before gzip
 * @property {string[]} inputs the files in the initial chunks, by their paths below `directory`
 */

/** What users import. P12 and the size budget measure the same. */
export const parts = /** @type {const} */ ({
  three: "export { pipeline, retry, circuitBreaker, timeout } from 'holdfast';",
  core: "export * from 'holdfast';",
  fetch: "export * from 'holdfast/fetch';",
});

/**
 * @param {string} source a module that exports what is wanted, so that tree shaking keeps just that
 * @param {string} [directory] where its imports are resolved from
 * @returns {Promise<BundleSize>}
 */
export async function bundleSize(source, directory = ROOT) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: directory, sourcefile: 'entry.js' },
    absWorkingDir: directory,
    outdir: 'out',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    // Nothing is external but the runtime's own modules.
    platform: 'node',
    target: 'es2022',
    // Else esbuild would take tsconfig.json's paths and bundle the source in place of what is published.
    tsconfigRaw: {},
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  const { outputs } = metafile;
  const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === 'entry.js');
  if (entry === undefined) throw new Error('esbuild wrote no entry');
  const initial = reached(outputs, entry, ['import-statement']);
  // esbuild also writes chunks of imports that tree shaking removed: nothing loads those.
  const all = reached(outputs, entry, ['import-statement', 'dynamic-import']);

  const size = { initial: 0, lazy: 0, minified: 0, inputs: /** @type {string[]} */ ([]) };
  for (const { path, contents } of outputFiles) {
    const name = relative(directory, path).replaceAll(sep, '/');
    const gzipped = gzipSync(contents, { level: 9 }).length;
    if (initial.has(name)) {
      size.initial += gzipped;
      size.minified += contents.length;
      size.inputs.push(...Object.keys(outputs[name]?.inputs ?? {}));
    } else if (all.has(name)) {
      size.lazy += gzipped;
    }
  }
  if (size.initial === 0) throw new Error('esbuild wrote nothing where its metafile says');
  return size;
}

/**
 * The chunk and all that it comes to by imports of these kinds.
 * @param {import('esbuild').Metafile['outputs']} outputs
 * @param {string} entry
 * @param {readonly string[]} kinds
 */
function reached(outputs, entry, kinds) {
  const found = new Set([entry]);
  for (const name of found) {
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kinds.includes(kind) && outputs[path]) found.add(path);
    }
  }
  return found;
}
