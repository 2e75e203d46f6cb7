/**
 * The size budget, `npm run size`: what the package weighs, and what a program is that uses it, with everything it needs, minified and
 * compressed: what is loaded at once. Fails where something has grown beyond budget.json. `goal` there is what is aimed at; a limit is lowered to what has been
 * reached and never raised unseen. Needs dist/ (npm run build).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleSize, parts } from '../../bench/bundles.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { bundles, published } = JSON.parse(
  readFileSync(new URL('budget.json', import.meta.url), 'utf8'),
);

let failed = false;
function report(what, bytes, { limit, goal }) {
  const kB = (value) => `${(value / 1000).toFixed(1)} kB`;
  const over = bytes > limit;
  failed ||= over;
  const aim = bytes > goal ? `, goal ${kB(goal)}` : '';
  console.log(`${over ? 'FAIL' : 'ok  '} ${what}: ${kB(bytes)} of ${kB(limit)}${aim}`);
}

for (const [part, source] of Object.entries(parts)) {
  const { initial } = await bundleSize(source);
  report(`bundle of ${part}`, initial, bundles[part]);
}

const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
const shell = process.platform === 'win32';
const told = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', shell }));
// npm 12 answers an object keyed by package name, earlier ones an array.
const [tarball] = Object.values(told);
report('tarball', tarball.size, published.tarball);
report('unpacked', tarball.unpackedSize, published.unpacked);
process.exitCode = failed ? 1 : 0;
