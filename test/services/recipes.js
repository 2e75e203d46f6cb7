/**
 * The code blocks of a recipe, as files that Node runs. A block fenced as `ts file=NAME.ts` is the module of that name, which
 * other blocks of its page import. One fenced as `ts service=NAME` (several with commas) is a program that needs these servers.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { temporaryFolder } from './servers/process.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const recipes = join(root, 'docs/recipes');

/** Node 20 runs no TypeScript. */
const plain = async (typescript) =>
  (await transform(typescript, { loader: 'ts', target: 'es2022' })).code;

const reader = await plain(readFileSync(join(root, 'test/docs/markdown.ts'), 'utf8'));
const { codeBlocks } = await import(`data:text/javascript,${encodeURIComponent(reader)}`);

const flag = ({ flags }, name) =>
  flags.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);

/** The pages that have blocks for servers, or files. */
export const pagesWithServices = () =>
  readdirSync(recipes)
    .filter((name) => name.endsWith('.md'))
    .filter((name) => programsOf(name).length > 0);

/** The programs of a page: `{ line, services }`. */
export const programsOf = (page) =>
  blocksOf(page).flatMap((block) => {
    const services = flag(block, 'service');
    return services === undefined ? [] : [{ line: block.line, services: services.split(',') }];
  });

const blocksOf = (page) =>
  codeBlocks(page, readFileSync(join(recipes, page), 'utf8')).filter(
    ({ language }) => language === 'ts',
  );

const packageOf = (specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)[0];

/**
 * Writes the blocks of pages into a temporary folder. A file of a later page takes the place of one that is there.
 *
 * @param {string[]} pages
 * @param {Record<string, string>} [replaced] Text of the page, and what a test needs in its place.
 * @returns What imports a file of it (anew for each `instance`), what names the file of a program, and what removes the folder.
 */
export async function extract(pages, replaced = {}) {
  const folder = temporaryFolder('recipe');
  const at = (name) => join(folder.path, name);
  writeFileSync(at('package.json'), '{ "type": "module" }\n');
  const packages = new Set();
  const unused = new Set(Object.keys(replaced));
  for (const block of pages.flatMap(blocksOf)) {
    const file = flag(block, 'file') ?? (flag(block, 'service') && `${block.line}.ts`);
    if (file === undefined) continue;
    let text = `${block.setup}\n${block.code}`;
    for (const [from, to] of Object.entries(replaced)) {
      if (text.includes(from)) unused.delete(from);
      text = text.replace(from, to);
    }
    const code = await plain(text);
    writeFileSync(at(file.replace(/\.ts$/, '.js')), code);
    for (const [, specifier] of code.matchAll(/(?:from|import) ?["']([^."'][^"']*)["']/g)) {
      if (!specifier.startsWith('node:')) packages.add(packageOf(specifier));
    }
  }
  if (unused.size > 0)
    throw new Error(`${pages.join(', ')} no longer says ${[...unused].join(', ')}`);
  for (const name of packages) {
    const link = at(`node_modules/${name}`);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(name === 'holdfast' ? root : join(root, 'node_modules', name), link, 'junction');
  }
  return {
    folder: folder.path,
    load: (name, instance = '') => import(`${pathToFileURL(at(name)).href}?${instance}`),
    program: (line) => at(`${line}.js`),
    remove: folder.remove,
  };
}
