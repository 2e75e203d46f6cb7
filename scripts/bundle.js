/**
 * Bundles the JavaScript of the package from `src/`: one file for each entry, with shared chunks, as ES modules in `dist/` and as CommonJS
 * in `dist/cjs/`. The types are made by declarations.js.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { minify } from 'rolldown/utils';
import { importsInlined, inlinedFrom, inlinePackages } from './inlined.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Output names and their sources, relative to src/: the subpaths of the package. */
export const LIBRARY = Object.fromEntries(
  Object.keys(exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => subpath.slice('./'.length))
    .map((name) => (name === '' ? ['index', 'index.ts'] : [name, `${name}/index.ts`])),
);
/** Files that only run as a process. */
const PROGRAMS = {
  'cli/main': 'cli/main.ts',
  'cli/demo/upstream-process': 'cli/demo/upstream-process.ts',
};

const within = (id) => relative(src, id).split(sep).join('/');
const isOwn = (id) => id.startsWith(src + sep);

/** The part of the source that a module belongs to, or another package. */
const partOf = (id) => inlinedFrom(id) ?? within(id).split('/')[0].replace(/\.ts$/, '');

/** Everything that is loaded together with a module: its imports, and their imports. */
function loadedWith(id, graph, found = new Set()) {
  if (!(isOwn(id) || inlinedFrom(id)) || found.has(id)) return found;
  found.add(id);
  for (const each of graph.getModuleInfo(id)?.importedIds ?? []) loadedWith(each, graph, found);
  return found;
}

const entryFiles = new Set(Object.values(LIBRARY).map((path) => join(src, path)));

/** Names the chunk of a module that one of these entries loads at once. The bundler splits `import()` and programs, by who loads what. */
function chunksOf(entries, nameOf) {
  let loaded;
  return (id, graph) => {
    if (loaded === undefined) {
      loaded = new Set();
      for (const path of entries) loadedWith(join(src, path), graph, loaded);
    }
    return loaded.has(id) && !entryFiles.has(id) ? nameOf(id) : null;
  };
}

/** What all clients share of the policies goes with what they share of fetch, because each file costs. */
const clientPartOf = (id) => (partOf(id) === 'policies' ? 'fetch' : partOf(id));

/** What 'holdfast' loads is one chunk, because each file costs a process half a millisecond. The rest is split by which entries load it. */
const CHUNKS = [
  { name: chunksOf([LIBRARY.index], () => 'core'), debugName: 'core', priority: 2 },
  {
    name: chunksOf(Object.values(LIBRARY), clientPartOf),
    debugName: 'others',
    entriesAware: true,
    priority: 1,
  },
];

/** As ES modules, other packages have chunks of their own, since they are made smaller. */
const INLINED = {
  name: chunksOf(Object.values(LIBRARY), inlinedFrom),
  debugName: 'inlined',
  priority: 3,
};

/**
 * A chunk that is imported later keeps the name and the folder of its source, so that it finds the files beside it. A chunk that several
 * share is named after the folder that most of it comes from.
 */
function chunkName({ isDynamicEntry, facadeModuleId, moduleIds, name }) {
  if (isDynamicEntry && facadeModuleId !== null) return within(facadeModuleId).replace(/\.ts$/, '');
  const counts = new Map();
  for (const id of moduleIds.filter(isOwn)) {
    const part = partOf(id);
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  // A group that is split by entries is named after them all.
  return `shared/${name === 'core' || most === undefined ? name.split('~')[0] : most[0]}`;
}

/** Classes tell their names: in `constructor.name`, in what `console.log` prints of an error, and in messages of ours. */
const CLASSES = { function: false, class: true };
const NAMED = { function: true, class: true };
/** Keeps the names that stack traces show, of functions and classes; others and blanks shrink. `withLines` gives each statement a line again. */
const ESM = {
  compress: { keepNames: CLASSES },
  mangle: { toplevel: true, keepNames: NAMED },
  codegen: { removeWhitespace: true },
};
/** For Jest and for Node before 20.19. Nobody steps through this code. */
const CJS = {
  compress: { keepNames: CLASSES },
  mangle: { toplevel: true, keepNames: CLASSES },
  codegen: { removeWhitespace: true },
};

function formats(into) {
  const shared = { hoistTransitiveImports: false, sourcemap: false };
  return {
    esm: {
      ...shared,
      format: 'esm',
      dir: into,
      minify: ESM,
      // Without the annotations, users' bundlers could not leave out what a program does not use.
      comments: { legal: false, annotation: true, jsdoc: false },
      entryFileNames: '[name].js',
      chunkFileNames: (chunk) => `${chunkName(chunk)}.js`,
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [INLINED, ...CHUNKS],
      },
    },
    cjs: {
      ...shared,
      format: 'cjs',
      dir: join(into, 'cjs'),
      minify: CJS,
      comments: false,
      entryFileNames: '[name].cjs',
      chunkFileNames: (chunk) => `${chunkName(chunk)}.cjs`,
      codeSplitting: { includeDependenciesRecursively: false, groups: CHUNKS },
    },
  };
}

/** What runs only in a terminal or in tests: nobody's production has it in a stack trace. */
const isTool = (id) => /^(cli|simulator|testing)\//.test(within(id));

/**
 * The code with a line for each statement, declaration and member of a class; or for several, if lines have to be `least` long. A brace that closes has none
 * of its own.
 */
function withLines(code, least = 0) {
  const ends = new Set();
  const visit = (node) => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node.body)) for (const { end } of node.body.slice(0, -1)) ends.add(end);
    if (Array.isArray(node.consequent)) for (const { end } of node.consequent) ends.add(end);
    for (const { end } of node.declarations ?? []) if (code[end] === ',') ends.add(end + 1);
    for (const each of Object.values(node)) visit(each);
  };
  visit(parseAst(code));
  let lines = '';
  let from = 0;
  for (const end of [...ends].sort((a, b) => a - b)) {
    if (end - from < least) continue;
    lines += `${code.slice(from, end)}\n`;
    from = end;
  }
  return lines + code.slice(from).trimStart();
}

/** A program that dies of an error prints the line that threw it. */
const LINE_OF_CJS = 2_000;

/** Makes tools as small as they get. In the rest, names and lines stay. */
const readable = {
  name: 'readable',
  async generateBundle({ format }, files) {
    for (const file of Object.values(files)) {
      if (format === 'cjs' && file.type === 'chunk') file.code = withLines(file.code, LINE_OF_CJS);
      if (format !== 'es' || file.type !== 'chunk' || file.moduleIds.every(inlinedFrom)) continue;
      if (!file.moduleIds.every(isTool)) {
        file.code = withLines(file.code);
        continue;
      }
      const { code, errors } = await minify(file.fileName, file.code, {
        module: true,
        mangle: { toplevel: true, keepNames: CLASSES },
        compress: { keepNames: CLASSES },
      });
      if (errors.length > 0) throw new Error(errors[0].message);
      file.code = code;
    }
  },
};

const GETTER =
  /Object\.defineProperty\(exports,"(\w+)",\{enumerable:!0,get:function\(\)\{return ([\w$]+)\}\}\)/g;

/** Chunks share values. Getters would be for what is assigned again, or used in a circle, and there is neither. */
const plainExports = {
  name: 'plain-exports',
  generateBundle({ format }, files) {
    for (const file of Object.values(files))
      if (format === 'cjs' && file.type === 'chunk')
        file.code = file.code.replace(GETTER, 'exports.$1=$2');
  },
};

/** If chunks import each other, they run in an order that nobody wrote. So that is refused. */
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
    // Packages belong to the user, `node:` modules to Node.
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !importsInlined(id),
    plugins: [inlinePackages, readable, plainExports],
    resolve: { mainFields: ['module', 'main'] },
    preserveEntrySignatures: 'allow-extension',
    transform: { target: 'es2022' },
    experimental: { attachDebugInfo: 'none' },
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

/** Bundles only the ES modules. That is enough for `npm start`. */
export const bundlePrograms = (into) => write({ ...LIBRARY, ...PROGRAMS }, 'esm', into);

/** Bundles everything that is published. Returns the chunks of both formats. */
export async function bundleAll(into) {
  const [esm, cjs] = await Promise.all([bundlePrograms(into), write(LIBRARY, 'cjs', into)]);
  return { esm, cjs };
}
