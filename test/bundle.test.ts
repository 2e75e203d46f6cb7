import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What the bundler makes of the source: who loads what, and when. */

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');

interface Chunk {
  readonly fileName: string;
  readonly name: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
  readonly moduleIds: readonly string[];
  readonly code: string;
}
interface Bundler {
  readonly LIBRARY: Readonly<Record<string, string>>;
  bundleAll(into: string): Promise<Readonly<Record<'esm' | 'cjs', readonly Chunk[]>>>;
}

const specifier: string = pathToFileURL(join(root, 'scripts/bundle.js')).href;
const { LIBRARY, bundleAll } = (await import(specifier)) as Bundler;

/** The modules that load at once with one of the source. */
function loadedWith(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  const code = readFileSync(join(src, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statics = code.matchAll(
    /\b(?:import|export)\s+(?!type\b)(?:[^'"();]*?\bfrom\s*)?'(\.[^']+)\.js'/g,
  );
  for (const [, to = ''] of statics) loadedWith(`${posix.join(posix.dirname(path), to)}.ts`, found);
  return found;
}

describe.each(['esm', 'cjs'] as const)('the bundle, %s', (format) => {
  let folder: string;
  let chunks: ReadonlyMap<string, Chunk>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
    chunks = new Map((await bundleAll(folder))[format].map((chunk) => [chunk.fileName, chunk]));
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The entry, and everything that is loaded with it at once. */
  function filesOf(entry: string): ReadonlySet<string> {
    const names = new Set([`${entry}.${format === 'esm' ? 'js' : 'cjs'}`]);
    for (const name of names) for (const each of chunks.get(name)?.imports ?? []) names.add(each);
    return names;
  }

  function modulesOf(entry: string): readonly string[] {
    return [...filesOf(entry)]
      .flatMap((name) => chunks.get(name)?.moduleIds ?? [])
      .filter((id) => id.startsWith(src))
      .map((id) => relative(src, id).split(sep).join('/'));
  }

  it('has a file for each entry', () => {
    const entries = [...chunks.values()].filter(({ isEntry }) => isEntry).map(({ name }) => name);
    expect(entries).toEqual(expect.arrayContaining(Object.keys(LIBRARY)));
    expect(Object.keys(LIBRARY)).toContain('fetch');
  });

  it("loads with 'holdfast' what its source loads, and nothing that the source imports later", () => {
    const source = loadedWith('index.ts');
    expect(source.size).toBeGreaterThan(100);
    expect(modulesOf('index').length).toBeGreaterThan(100);
    expect(modulesOf('index').filter((path) => !source.has(path))).toEqual([]);
  });

  it.each(Object.keys(LIBRARY))('loads with %s nothing but what it or the core needs', (name) => {
    const source = new Set([...loadedWith('index.ts'), ...loadedWith(LIBRARY[name] as string)]);
    const own = modulesOf(name);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((path) => !source.has(path))).toEqual([]);
  });

  it('has what is imported later in chunks of its own', () => {
    const later = [...chunks.values()].flatMap(({ dynamicImports }) => dynamicImports);
    const own = later.filter((name) => chunks.has(name));
    const initial = new Set(Object.keys(LIBRARY).flatMap((name) => modulesOf(name)));
    if (format === 'esm') expect(own).toContain('cli/demo/command.js');
    for (const name of own.filter((each) => each.startsWith('cli/')))
      for (const id of chunks.get(name)?.moduleIds ?? [])
        expect(initial).not.toContain(relative(src, id));
  });

  it('imports no package but OpenTelemetry and undici', () => {
    const names = [...chunks.values()].flatMap((chunk) => [
      ...chunk.imports,
      ...chunk.dynamicImports,
    ]);
    const packages = names.filter((name) => !chunks.has(name) && !name.startsWith('node:'));
    expect([...new Set(packages)].sort()).toEqual(['@opentelemetry/api', 'undici']);
  });

  it('imports files that are there', () => {
    const wrong = [...chunks.values()].flatMap(({ code, fileName }) =>
      [...code.matchAll(/\b(?:from|import|require\()\s*["'`](\.[^"'`]+)["'`]/g)]
        .map(([, to = '']) => posix.join(posix.dirname(fileName), to))
        .filter((to) => !chunks.has(to)),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['index', 4],
    // One of them is what gRPC's interceptors share with it.
    ['fetch', 7],
  ])('loads with %s few files', (name, limit) => {
    expect(filesOf(name).size).toBeLessThanOrEqual(limit);
  });

  it('has each module once', () => {
    const modules = [...chunks.values()].flatMap(({ moduleIds }) => moduleIds);
    expect(modules.filter((id, i) => modules.indexOf(id) !== i)).toEqual([]);
  });

  it('has code of the packages that THIRD-PARTY-NOTICES.md names, with their licenses, and of no others', () => {
    const words = (text: string) => text.replace(/\s+/g, ' ');
    const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8');
    const named = [...notices.matchAll(/^- \[([^\]]+)\]/gm)].map(([, name]) => name);
    const inside = [...chunks.values()]
      .flatMap(({ moduleIds }) => moduleIds)
      .map((id) => /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1])
      .filter((name) => name !== undefined);
    expect([...new Set(inside)].sort()).toEqual(named);
    for (const name of named) {
      const license = readFileSync(join(root, 'node_modules', `${name}`, 'LICENSE'), 'utf8');
      const [title = '', holder, ...rest] = license.trim().split(/\n\s*\n/);
      expect(title).toBe('MIT License');
      expect(notices).toContain(`: ${holder}\n`);
      expect(words(notices)).toContain(words(rest.join(' ')));
    }
  });

  it('has classes that tell their names', async () => {
    const entry = format === 'esm' ? 'index.js' : 'cjs/index.cjs';
    const url: string = pathToFileURL(join(folder, entry)).href;
    const holdfast = (await import(url)) as typeof import('holdfast');
    const classes = Object.entries(holdfast).filter(
      ([name, value]) => typeof value === 'function' && /^[A-Z]/.test(name),
    ) as [string, { readonly name: string }][];
    expect(classes.length).toBeGreaterThan(15);
    expect(classes.filter(([name, value]) => value.name !== name)).toEqual([]);
    const made: object[] = [holdfast.handleAll, holdfast.pipeline('a'), holdfast.retry()];
    const names = made.map((each) => each.constructor.name);
    expect(names).toEqual(['Policy', 'Pipeline', 'RetryPolicy']);
  });

  it("shares no state with a zod of the user's", () => {
    const all = [...chunks.values()].map(({ code }) => code).join('\n');
    expect(all).toContain('$ZodObject');
    expect(all).not.toContain('__zod_');
  });

  it.runIf(format === 'esm').each([
    ['keyed pipelines', "export { keyed } from 'holdfast';", ['Copying', 'AttributeSets']],
    ['clients', "export { resilientFetch } from 'holdfast/fetch';", ['Occupants', 'startClocks']],
    ['errors', "export { ThrottledError } from 'holdfast';", ['ThrottledError']],
    ['starting over', "export { startOver } from 'holdfast/testing';", ['startPipelineOver']],
  ])('code for %s comes with those who use it', async (_, source, names) => {
    const bundled = async (contents: string): Promise<string> => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: folder },
        alias: {
          'holdfast/fetch': join(folder, 'fetch.js'),
          'holdfast/testing': join(folder, 'testing.js'),
          holdfast: join(folder, 'index.js'),
        },
        write: false,
        bundle: true,
        format: 'esm',
        platform: 'node',
        external: ['@opentelemetry/api', 'undici'],
        logLevel: 'silent',
      });
      return (outputFiles ?? []).map(({ text }) => text).join('');
    };
    const engine = await bundled("export { pipeline } from 'holdfast';");
    const all = await bundled(source);
    for (const name of names) {
      const made = new RegExp(`(?:class|function) ${name}\\b|\\b${name} = class`);
      expect(all).toMatch(made);
      expect(engine).not.toMatch(made);
    }
  });

  it.runIf(format === 'esm')('keeps files beside each other that find each other there', () => {
    const finder = [...chunks.values()].find(({ moduleIds }) =>
      moduleIds.some((id) => id.endsWith(join('demo', 'upstream-handle.ts'))),
    );
    expect(finder).toBeDefined();
    expect(chunks.has(posix.join(dirname(finder?.fileName ?? ''), 'upstream-process.js'))).toBe(
      true,
    );
  });
});
