import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The source of this moment compiled, in a directory of its own: for what has to run in another process. */
export interface Built {
  /** The path of a compiled file, such as `cli/main.js`. */
  file(path: string): string;
  remove(): void;
}

/** Compiles the package as `npm run build` does. Takes about a second; do it once a test file. */
export async function build(): Promise<Built> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-built-')));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(root, 'tsconfig.build.json');
  // Whether the types are right is for the type check to say.
  const options = ['-p', project, '--outDir', join(directory, 'dist'), '--noCheck'];
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, [compiler, ...options], { cwd: root }, (error, stdout) => {
      if (error === null) resolve();
      else reject(new Error(`the source does not compile:\n${stdout}`));
    });
  });
  return {
    file: (path) => join(directory, 'dist', path),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
