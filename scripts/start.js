/**
 * `npm start`: the demo from the source as it is. Compiles only when the last build is older than what it was made from;
 * a build takes longer than everything else until the first frame.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'dist/cli/main.js');

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

function isCurrent() {
  const builtAt = changedAt(main);
  if (builtAt === undefined) return false;
  // Folders count too: theirs is the change when a file is removed or renamed.
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) => `src/${name}`);
  return ['src', 'tsconfig.json', 'tsconfig.build.json', ...sources].every(
    (path) => (changedAt(join(root, path)) ?? Infinity) < builtAt,
  );
}

if (!isCurrent()) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(root, 'tsconfig.build.json');
  const { status } = spawnSync(process.execPath, [compiler, '-p', project, '--noEmitOnError'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
process.argv.splice(2, 0, 'demo');
await import(new URL('../dist/cli/main.js', import.meta.url).href);
