import { execFile } from 'node:child_process';
import {
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** What docs/services.md shows under "What the compiler says" is what the compiler says. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/services.md'), 'utf8');
const prelude = /<!-- misuse\n([\s\S]*?)-->/.exec(page)?.[1] ?? '';
const block = /```mts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

/** The output of the compiler for a file, by line. */
async function compiled(code: string): Promise<Map<number, string>> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-misuse-')));
  try {
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
    writeFileSync(join(directory, 'misuse.ts'), code);
    const paths = {
      holdfast: [join(root, 'src/index.ts')],
      'holdfast/*': [join(root, 'src/*/index.ts')],
    };
    const compilerOptions = {
      exactOptionalPropertyTypes: false,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      paths,
    };
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions,
      include: ['misuse.ts'],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const args = [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      directory,
      '--pretty',
      'false',
      '--noErrorTruncation',
      'false',
    ];
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: directory }, (_failure, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
    const found = new Map<number, string>();
    let line = 0;
    for (const text of output.split(/\r?\n/)) {
      const at = /^misuse\.ts\((\d+),\d+\): error \w+: (.*)$/.exec(text);
      if (at === null && !/^\s/.test(text)) continue;
      line = at === null ? line : Number(at[1]);
      found.set(line, `${found.get(line) ?? ''}${at === null ? text.trim() : at[2]}\n`);
    }
    return found;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

it('N12: what misuses a part does not compile, with the message that the page shows', async () => {
  const lines = block.trimEnd().split('\n');
  const before = prelude.split('\n').length - 1;
  const found = await compiled(prelude + block);
  const shown = lines.flatMap((line, i) =>
    line.startsWith('// ')
      ? [{ line: before + i, message: line.slice(3).replace(/…$/, '').trimEnd() }]
      : [],
  );
  expect(shown.length).toBeGreaterThan(15);
  expect(lines).toHaveLength(shown.length * 2);
  for (const { line, message } of shown) expect(found.get(line)).toContain(message);
  expect([...found.keys()].sort((a, b) => a - b)).toEqual(shown.map(({ line }) => line));
}, 300_000);
