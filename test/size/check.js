/**
 * The size budget, `npm run size`: what the package weighs, and what a program is that uses it, with everything it needs, minified and
 * compressed: what is loaded at once. Fails where something has grown beyond budget.json. `goal` there is what is aimed at; a limit is lowered to what has been
 * reached and never raised unseen. Needs dist/ (npm run build).
 */
import { readFileSync } from 'node:fs';
import { bundleSize, parts } from '../../bench/bundles.js';
import { packedSize } from '../../bench/packed.js';

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

const { tarball, unpacked } = packedSize();
report('tarball', tarball, published.tarball);
report('unpacked', unpacked, published.unpacked);
process.exitCode = failed ? 1 : 0;
