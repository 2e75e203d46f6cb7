/**
 * The built package on every runtime of the table in docs/fetch.md, `npm run test:runtimes`: npm downloads each of them, so this is no
 * part of `.ci/run`. Behind `--`: names of some of them, as `npm run test:runtimes -- bun deno@2`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ALL = ['node@20', 'node@22', 'node@24', 'node@26', 'bun', 'deno'];

const smoke = fileURLToPath(new URL('smoke.js', import.meta.url));
const given = process.argv.slice(2);
const failed = [];

for (const wanted of given.length > 0 ? given : ALL) {
  const [name] = wanted.split('@');
  const command = name === 'deno' ? 'deno run -A' : name;
  console.log(`\n${wanted}`);
  const args = ['-y', '-p', wanted, '-c', `${command} "${smoke}"`];
  const { status } = spawnSync('npx', args, { stdio: 'inherit', timeout: 180_000 });
  if (status !== 0) failed.push(wanted);
}
console.log(failed.length === 0 ? '\nAll passed' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
