/**
 * The JavaScript of the package from `src/`: a file an entry with shared chunks, as ES modules in `dist/` and as CommonJS in `dist/cjs/`.
 * The types are made by declarations.js.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Output name to source, below src/: the subpaths of the package. */
export const LIBRARY = Object.fromEntries(
  Object.keys(exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => subpath.slice('./'.length))
    .map((name) => (name === '' ? ['index', 'index.ts'] : [name, `${name}/index.ts`])),
);
/** What only runs as a process. */
const PROGRAMS = {
  'cli/main': 'cli/main.ts',
  'cli/demo/upstream-process': 'cli/demo/upstream-process.ts',
};

const within = (id) => relative(src, id).split(sep).join('/');
const isOwn = (id) => id.startsWith(src + sep);

/** The part of the source that a module belongs to: its folder, or itself where a folder only collects parts. */
function partOf(path) {
  const folders = dirname(path).split('/');
  const collects = folders[0] === '.' || path === `policies/${path.split('/').at(-1)}`;
  if (collects) return path.replace(/\.ts$/, '');
  // Of the policies each is a part. The folders of other parts lead to each other.
  return folders[0] === 'policies' ? folders.slice(0, 2).join('/') : folders[0];
}

/** Everything that loads together with a module: what it imports, and what that imports. */
function loadedWith(id, graph, found = new Set()) {
  if (!isOwn(id) || found.has(id)) return found;
  found.add(id);
  for (const each of graph.getModuleInfo(id)?.importedIds ?? []) loadedWith(each, graph, found);
  return found;
}

const entryFiles = new Set(Object.values(LIBRARY).map((path) => join(src, path)));

/** Names the chunk of a module that one of these entries loads at once. `import()` and programs are left to the bundler, which splits by who loads what. */
function chunksOf(entries, nameOf) {
  let loaded;
  return (id, graph) => {
    if (loaded === undefined) {
      loaded = new Set();
      for (const path of entries) loadedWith(join(src, path), graph, loaded);
    }
    return loaded.has(id) && !entryFiles.has(id) ? nameOf(within(id)) : null;
  };
}

/** What 'holdfast' loads: `nameOf` says in which chunk. All else is split by which entries load it. */
const groups = (nameOf) => ({
  includeDependenciesRecursively: false,
  groups: [
    { name: chunksOf([LIBRARY.index], nameOf), debugName: 'core', priority: 2 },
    {
      name: chunksOf(Object.values(LIBRARY), (path) => path.split('/')[0]),
      debugName: 'others',
      entriesAware: true,
      priority: 1,
    },
  ],
});

/**
 * A chunk that is imported later keeps its source's name, and its folder: files beside it are found beside it. One that several share is
 * named after the folder that most of it is from.
 */
function chunkName({ isDynamicEntry, facadeModuleId, moduleIds, name }) {
  if (isDynamicEntry && facadeModuleId !== null) return within(facadeModuleId).replace(/\.ts$/, '');
  const counts = new Map();
  for (const id of moduleIds.filter(isOwn)) {
    const part = partOf(within(id));
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return `shared/${name === 'core' || most === undefined ? name : most[0]}`;
}

/** Readable names in stack traces; local names and blanks are what shrinks. */
const ESM = { compress: true, mangle: { toplevel: false }, codegen: { removeWhitespace: false } };
/** For Jest and for Node before 20.19, which nobody steps through. */
const CJS = {
  compress: { keepNames: { function: true, class: true } },
  mangle: { keepNames: true },
  codegen: { removeWhitespace: true },
};

function formats(into) {
  const shared = { hoistTransitiveImports: false, comments: false, sourcemap: false };
  return {
    esm: {
      ...shared,
      format: 'esm',
      dir: into,
      minify: ESM,
      entryFileNames: '[name].js',
      chunkFileNames: (chunk) => `${chunkName(chunk)}.js`,
      // A bundler then leaves out the policies that a program does not use, with whatever their modules do when they are loaded.
      codeSplitting: groups(partOf),
    },
    cjs: {
      ...shared,
      format: 'cjs',
      dir: join(into, 'cjs'),
      minify: CJS,
      entryFileNames: '[name].cjs',
      chunkFileNames: (chunk) => `${chunkName(chunk)}.cjs`,
      // A name from another file costs CommonJS a property access at each use.
      codeSplitting: groups(() => 'core'),
    },
  };
}

/** Chunks that import each other would run in an order that nobody wrote. */
function refuseCircles(chunks) {
  const importsOf = new Map(chunks.map(({ fileName, imports }) => [fileName, imports ?? []]));
  const visit = (name, trail) => {
    if (trail.includes(name))
      throw new Error(`chunks in a circle: ${[...trail, name].join(' -> ')}`);
    for (const each of importsOf.get(name) ?? []) visit(each, [...trail, name]);
  };
  for (const name of importsOf.keys()) visit(name, []);
}

async function write(names, format, into) {
  const input = Object.fromEntries(
    Object.entries(names).map(([name, path]) => [name, join(src, path)]),
  );
  const bundle = await rolldown({
    input,
    cwd: root,
    platform: 'neutral',
    // Packages are the user's; `node:` modules are Node's.
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !isOwn(id),
    preserveEntrySignatures: 'allow-extension',
    transform: { target: 'es2022' },
    tsconfig: false,
    onLog: (level, log, handler) => handler(level === 'warn' ? 'error' : level, log),
  });
  try {
    const { output } = await bundle.write(formats(into)[format]);
    refuseCircles(output);
    return output;
  } finally {
    await bundle.close();
  }
}

/** Bundles for `npm start`: ES modules alone. */
export const bundlePrograms = (into) => write({ ...LIBRARY, ...PROGRAMS }, 'esm', into);

/** All that is published. Answers the chunks of both formats. */
export async function bundleAll(into) {
  const [esm, cjs] = await Promise.all([bundlePrograms(into), write(LIBRARY, 'cjs', into)]);
  return { esm, cjs };
}
