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

/**
 * How users bundle it, as far as esbuild is asked.
 * @param {string} source
 * @param {string} directory
 * @returns {import('esbuild').BuildOptions & { write: false, metafile: true }}
 */
const userBuild = (source, directory) => ({
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
  const { outputFiles, metafile } = await build(userBuild(source, directory));
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
 * What is loaded at once of a bundle of the source, by the files it comes from: what is published is in chunks that hide them.
 * @param {string} source
 * @returns {Promise<{ minified: Map<string, number>, initial: number }>} minified bytes by file, and all of it gzipped
 */
export async function bundleParts(source) {
  const { outputFiles, metafile } = await build({
    ...userBuild(source, ROOT),
    alias: { holdfast: `${ROOT}src/index.ts`, 'holdfast/fetch': `${ROOT}src/fetch/index.ts` },
  });
  const { outputs } = metafile;
  const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === 'entry.js');
  if (entry === undefined) throw new Error('esbuild wrote no entry');
  const loaded = reached(outputs, entry, ['import-statement']);
  /** @type {Map<string, number>} */
  const minified = new Map();
  let initial = 0;
  for (const { path, contents } of outputFiles) {
    const name = relative(ROOT, path).replaceAll(sep, '/');
    if (!loaded.has(name)) continue;
    initial += gzipSync(contents, { level: 9 }).length;
    for (const [file, { bytesInOutput }] of Object.entries(outputs[name]?.inputs ?? {})) {
      minified.set(file, (minified.get(file) ?? 0) + bytesInOutput);
    }
  }
  return { minified, initial };
}

/**
 * Writes a bundle that Node can import, not minified.
 * @param {string} directory
 * @param {string} source
 * @returns {Promise<string>} its file
 */
export async function bundleTo(directory, source) {
  await build({
    ...userBuild(source, ROOT),
    outdir: directory,
    entryNames: 'entry',
    outExtension: { '.js': '.mjs' },
    write: true,
    minify: false,
    // What is CommonJS inside asks for the runtime's modules by `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return `${directory}/entry.mjs`;
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
