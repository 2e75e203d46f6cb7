/**
 * The built package on every runtime of the table in docs/runtimes.md, `npm run test:runtimes`. npm downloads Node, Bun and Deno. Behind
 * `--`: names of some of them, as `npm run test:runtimes -- bun deno@2 workerd`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DOWNLOADED = ['node@20', 'node@22', 'node@24', 'node@26', 'bun', 'deno'];

/** What runs in this Node, and starts the runtime by itself. */
const OWN = {
  workerd: ['--test', '--test-reporter=spec', file('workerd.test.js')],
  'edge-runtime': [file('edge.js')],
  chromium: [file('chromium.js')],
};

function file(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}

function commandOf(wanted) {
  const own = OWN[wanted];
  if (own !== undefined) return [process.execPath, own];
  const [name] = wanted.split('@');
  const command = name === 'deno' ? 'deno run -A' : name;
  return ['npx', ['-y', '-p', wanted, '-c', `${command} "${file('smoke.js')}"`]];
}

const given = process.argv.slice(2);
const failed = [];

for (const wanted of given.length > 0 ? given : [...DOWNLOADED, ...Object.keys(OWN)]) {
  console.log(`\n${wanted}`);
  const [command, args] = commandOf(wanted);
  const { status } = spawnSync(command, args, { stdio: 'inherit', timeout: 180_000 });
  if (status !== 0) failed.push(wanted);
}
console.log(failed.length === 0 ? '\nAll passed' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
