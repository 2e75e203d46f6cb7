import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Built, build } from '../cli/built.js';
import { codeBlocks } from '../docs/markdown.js';
import { pages, root } from '../docs/pages.js';

/** The decorator of docs/pipeline.md. Nothing here but the compiler knows the syntax. */
const page = pages().find(({ path }) => path === 'docs/pipeline.md');
const shown = codeBlocks('', page?.text ?? '').find(({ code }) => code.includes('@through'));

let built: Built;
beforeAll(async () => {
  built = await build();
}, 180_000);
afterAll(() => built.remove());

async function compiled(name: string, code: string): Promise<Record<string, unknown>> {
  const folder = dirname(dirname(built.file('index.js')));
  writeFileSync(join(folder, `${name}.ts`), code.replaceAll("'holdfast'", "'./dist/index.js'"));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--target', 'ES2022', '--module', 'NodeNext', '--skipLibCheck', '--strict'];
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  await new Promise<void>((resolve, reject) => {
    const args = [compiler, ...options, ...types, `${name}.ts`];
    execFile(process.execPath, args, { cwd: folder }, (error, stdout) =>
      error === null ? resolve() : reject(new Error(stdout)),
    );
  });
  return import(pathToFileURL(join(folder, `${name}.js`)).href);
}

it('the decorator that is shown compiles and works', async () => {
  expect((await compiled('shown', shown?.code ?? ''))['ada']).toBe('Ada');
});

it('a decorated method has its this, its arguments, the context of each attempt, and the policies', async () => {
  const [head = ''] = (shown?.code ?? '').split('\nclass ');
  const { seen, own } = await compiled(
    'more',
    `${head.replace('retry()', 'retry({ initialDelay: 1 })')}
export const seen: unknown[] = [];
class Repo {
  readonly label = 'repo';
  static readonly label = 'class';
  @through(database)
  async read(id: string, context?: Context): Promise<string> {
    seen.push([this.label, id, context?.attempt]);
    if (context?.attempt === 1) throw new Error('again');
    return id;
  }
  @through(database)
  static async make(context?: Context): Promise<string> {
    seen.push([this.label, context?.attempt]);
    return this.label;
  }
  @through(database)
  async #hidden(): Promise<string> {
    return this.label;
  }
  hidden = () => this.#hidden();
}
export const own: string[] = [await new Repo().read('a'), await Repo.make(), await new Repo().hidden()];
`,
  );
  expect(own).toEqual(['a', 'class', 'repo']);
  expect(seen).toEqual([
    ['repo', 'a', 1],
    ['repo', 'a', 2],
    ['class', 1],
  ]);
});
