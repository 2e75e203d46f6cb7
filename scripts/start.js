/** `npm start`: runs the demo from the current source. Bundles only if the last bundle is older than the files it was made from. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'dist/cli/main.js');

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

function isCurrent() {
  const builtAt = changedAt(main);
  if (builtAt === undefined) return false;
  // Check folders, too: when a file is removed or renamed, only its folder changes.
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) => `src/${name}`);
  return ['src', 'scripts/bundle.js', 'scripts/inlined.js', ...sources].every(
    (path) => (changedAt(join(root, path)) ?? Infinity) < builtAt,
  );
}

if (!isCurrent()) {
  const { buildPrograms } = await import('./build.js');
  try {
    await buildPrograms();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
process.argv.splice(2, 0, 'demo');
await import(new URL('../dist/cli/main.js', import.meta.url).href);
