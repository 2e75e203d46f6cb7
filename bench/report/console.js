// @ts-check
import { noiseText, runsText, tablesOf, verdictsOf } from './tables.js';

/**
 * @param {import('../types.d.ts').Path} path
 * @param {import('../types.d.ts').PathResult} result
 * @param {string} major of the Node that was measured
 */
export function printPath(path, result, major) {
  console.log(`\n${path.id}  ${path.title}  (medians; min to max in brackets)`);
  console.log(`    ${runsText(result)}${noiseText(result)}`);
  if (path.account) return console.log('    bench/README.md has it');
  for (const table of tablesOf(path, result)) {
    console.log(`\n  ${table.title}`);
    printRows([table.columns, ...table.rows]);
  }
  const verdicts = verdictsOf(path.id, result, major);
  if (verdicts.length > 0) console.log('\n  goals');
  printRows(
    verdicts.map(({ goal, met, aim, measured, spread }) => [
      met ? 'met' : 'MISSED',
      goal.text,
      aim,
      measured,
      spread === '' ? '' : `(${spread})`,
    ]),
  );
}

/** @param {readonly string[][]} rows */
function printRows(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(`    ${cells.join('  ')}`.trimEnd());
  }
}
