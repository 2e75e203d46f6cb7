import type { Ending } from './ending.js';
import { endings } from './endings.js';
import type { Cell, EndingName, Expected, Row, SetUp } from './table.js';

/** One thing to be proved of a cell. */
export interface Proof {
  /** Which of several ways; empty where there is one. */
  readonly name: string;
  readonly setUp: SetUp;
  readonly expected: Expected;
}

/** What has to be proved of a cell, or why it cannot happen. Throws where the table says neither. */
export function proofsOf(row: Row, name: EndingName): readonly Proof[] | string {
  const cell = row.cells[name] as Cell | undefined;
  const where = `${row.name}, ${name}`;
  if (cell === undefined) throw new Error(`${where}: there is no such cell`);
  const ending = endings[name];
  const setUps = ending.setUps(row);
  if ('cannot' in cell) {
    const ways = Object.keys(setUps);
    if (ways.length > 0) throw new Error(`${where}: it can happen: ${ways.join(', ')}`);
    return cell.cannot;
  }
  const each = 'cases' in cell ? cell.cases : { '': cell };
  const missing = [
    ...Object.keys(setUps).filter((way) => each[way] === undefined),
    ...Object.keys(each).filter((way) => setUps[way] === undefined),
  ];
  if (missing.length > 0 || Object.keys(setUps).length === 0) {
    throw new Error(`${where}: nothing is said, or nothing set up, of: ${missing.join(', ')}`);
  }
  return Object.entries(setUps).map(([way, setUp]) => ({
    name: way,
    setUp,
    expected: expectedOf(row, ending, each[way] as Exclude<Cell, { cases: unknown }>, where),
  }));
}

function expectedOf(row: Row, ending: Ending, cell: Cell, where: string): Expected {
  if ('gives' in cell) return cell;
  if (!('usual' in cell)) throw new Error(`${where}: nothing is expected`);
  return { ...usualOf(row, ending, where), ...cell.usual };
}

function usualOf(row: Row, { usual }: Ending, where: string): Expected {
  if (usual === undefined) throw new Error(`${where}: nothing is usual`);
  if (typeof usual !== 'string') return usual;
  return expectedOf(row, endings[usual], row.cells[usual], where);
}
