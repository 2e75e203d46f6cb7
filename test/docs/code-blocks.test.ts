import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CodeBlock, codeBlocks } from './markdown.js';
import { pages, root } from './pages.js';

/**
 * Every `ts` block of every page is a module of its own. It must compile under the project's strict options against
 * the source, and a block fenced as `ts run` must also run to its end. What a block needs beyond what
 * it shows stands in a `<!-- setup` comment right before it, or, for the names that recur, in
 * example-names.d.ts. A block fenced as `ts file=NAME.ts` is the module of that name for the
 * other blocks of its page.
 */

const KNOWN_FLAGS = new Set(['run', 'sdk2', 'sdk3']);
/** test/services runs those with a service. */
const KNOWN_SETTINGS =
  /^(?:service=(?:rabbitmq|redis|postgres)(?:,(?:rabbitmq|redis|postgres))*|file=[a-z][a-z0-9-]*\.ts)$/;
/** Needs packages that do not fit those of this project; test/services runs it beside them. */
const ELSEWHERE = 'sdk3';
const RUN_LIMIT_MS = 120_000;

// The API reference shows declarations, which are no programs.
const all = pages()
  .filter(({ path }) => !path.startsWith('docs/api/'))
  .flatMap((page) => codeBlocks(page.path, page.text));
const blocks = all.filter(({ language, flags }) => language === 'ts' && !flags.includes(ELSEWHERE));

const nameOf = (block: CodeBlock): string => `${block.page}:${block.line}`;
const folderOf = (block: CodeBlock): string =>
  block.page.replace(/\.md$/, '').replace(/[^A-Za-z0-9]+/g, '-');
const fileOf = (block: CodeBlock): string => {
  const named = block.flags.find((flag) => flag.startsWith('file='))?.slice('file='.length);
  return `${folderOf(block)}/${named ?? `${block.line}.ts`}`;
};
const setupLines = (block: CodeBlock): number =>
  block.setup === '' ? 0 : block.setup.split('\n').length;

let directory = '';
let compilerFailure = '';
const faults = new Map<string, string[]>();

function prepare(): void {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-docs-')));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        noImplicitReturns: false,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        paths: {
          holdfast: [join(root, 'src/index.ts')],
          'holdfast/*': [join(root, 'src/*/index.ts')],
        },
      },
      include: ['blocks/*/*.ts', join(root, 'test/docs/example-names.d.ts')],
    }),
  );
  for (const block of blocks) {
    const text = block.setup === '' ? block.code : `${block.setup}\n${block.code}`;
    mkdirSync(join(directory, 'blocks', folderOf(block)), { recursive: true });
    writeFileSync(join(directory, 'blocks', fileOf(block)), `${text}\n`);
  }
}

async function compile(): Promise<void> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [compiler, '-p', join(directory, 'tsconfig.json'), '--pretty', 'false'],
      { cwd: directory, maxBuffer: 64 * 1024 * 1024 },
      (failure, stdout, stderr) => {
        const crashed = failure !== null && !stdout.includes('error TS');
        resolve(crashed ? `error ${failure.message}${stdout}${stderr}` : stdout);
      },
    );
  });
  const byFile = new Map(blocks.map((block) => [fileOf(block), block]));
  for (const line of output.split(/\r?\n/)) {
    const match = /^blocks\/([^(]+)\((\d+),(\d+)\): (.*)$/.exec(line);
    const block = byFile.get(match?.[1] ?? '');
    if (match !== null && block !== undefined) {
      const at = Number(match[2]) - setupLines(block) + block.line;
      const place = at > block.line ? `${block.page}:${at}` : `${block.page}:${block.line} (setup)`;
      faults.set(nameOf(block), [...(faults.get(nameOf(block)) ?? []), `${place}: ${match[4]}`]);
    } else if (/^error /.test(line)) {
      // A fault with no file is one of the set-up here. Those inside src/ are the type check's to report.
      compilerFailure += `${line}\n`;
    }
  }
}

describe('code blocks of the documentation', () => {
  beforeAll(async () => {
    prepare();
    if (blocks.length > 0) await compile();
  }, 300_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('are fenced with words this test knows', () => {
    const wrong = all
      .filter(({ language, flags }) =>
        language === 'ts'
          ? flags.some((flag) => !KNOWN_FLAGS.has(flag) && !KNOWN_SETTINGS.test(flag))
          : language === 'typescript',
      )
      .map((block) => `${nameOf(block)}: ${[block.language, ...block.flags].join(' ')}`);
    expect(wrong).toEqual([]);
  });

  it('that are files have names of their own', () => {
    const names = blocks.map(fileOf);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('reach a compiler that is set up right', () => {
    expect(compilerFailure).toBe('');
  });

  it.each(blocks.map((block) => [nameOf(block), block] as const))('%s compiles', (name) => {
    expect(faults.get(name) ?? []).toEqual([]);
  });

  const runnable = blocks.filter(({ flags }) => flags.includes('run'));
  it.each(runnable.map((block) => [nameOf(block), block] as const))(
    '%s runs',
    async (_name, block) => {
      const silent = (['log', 'info', 'warn', 'error', 'table'] as const).map((method) =>
        vi.spyOn(console, method).mockImplementation(() => {}),
      );
      try {
        await import(pathToFileURL(join(directory, 'blocks', fileOf(block))).href);
      } finally {
        for (const spy of silent) spy.mockRestore();
      }
    },
    RUN_LIMIT_MS,
  );
});
