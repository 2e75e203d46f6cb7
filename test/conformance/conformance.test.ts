import { describe, expect, it } from 'vitest';
import { proofsOf } from './cells.js';
import { endings } from './endings.js';
import { modesFor } from './modes.js';
import { pageOf } from './page.js';
import { rows } from './rows/index.js';
import { endingNames } from './table.js';
import { tryOut } from './trial.js';
import { wanted } from './wanted.js';

/**
 * Every policy, through every ending of a call. For each it is asked how the call ends, which events there are and in what order,
 * in whose async context they and all functions of the user's run, what is counted, whether permits come back, and whether listeners
 * or timers are left. The table is in `rows/` and `endings.ts`; `npm run conformance` makes docs/conformance.md from it.
 */
describe.each(rows.map((row) => [row.name, row] as const))(
  'G2, G3, G5, G14, G15, G16: %s',
  (_, row) => {
    for (const name of endingNames) {
      const proofs = proofsOf(row, name);
      if (typeof proofs === 'string') continue;
      for (const { name: way, setUp, expected } of proofs) {
        it(`${name}${way === '' ? '' : `: ${way}`}`, async () => {
          for (const mode of modesFor(row, setUp, endings[name])) {
            const observed = await tryOut(endings[name], setUp, mode);
            expect(observed, mode.name).toEqual(wanted(expected, endings[name], mode));
          }
        });
      }
    }
  },
);

describe('the matrix', () => {
  it('has no silent gap: each cell is proved or says why it cannot happen', () => {
    const cells = rows.flatMap((row) => endingNames.map((name) => proofsOf(row, name)));
    expect(cells).toHaveLength(rows.length * endingNames.length);
    for (const cell of cells) expect(cell.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it('is on its page as it is: if not, run npm run conformance', async () => {
    await expect(pageOf(rows)).toMatchFileSnapshot('../../docs/conformance.md');
  });
});
