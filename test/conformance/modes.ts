import type { Ending } from './ending.js';
import type { Row, SetUp } from './table.js';

/** A way in which the engine carries a call: each cell is tried in all of them. */
export interface Mode {
  readonly name: string;
  /** Without listeners a success takes a shorter way. */
  readonly listens: boolean;
  /** With a signal the call has a promise of its own. */
  readonly signal: boolean;
  readonly delivery: 'execute' | 'settle';
  /** All of it inside a driver, so that the call is a pass inside another. */
  readonly driven?: boolean;
  /** In a pipeline that is nested in the one of the call, and has a listener of its own. */
  readonly nested?: boolean;
  /** Within a gate that writes down what the policy ends with. */
  readonly witnessed?: boolean;
  /** In the copy of a keyed pipeline: only where the row has nothing to do with the policy before, as that is not what the call meets. */
  readonly keyed?: boolean;
  /** With the metrics and spans of the real SDK, which watch the call. */
  readonly watched?: boolean;
}

const modes: readonly Mode[] = [
  { name: 'heard', listens: true, signal: true, delivery: 'settle' },
  { name: 'heard, without a signal', listens: true, signal: false, delivery: 'execute' },
  { name: 'inside a driver', listens: true, signal: true, delivery: 'execute', driven: true },
  { name: 'within a gate', listens: true, signal: true, delivery: 'settle', witnessed: true },
  { name: 'nested', listens: true, signal: false, delivery: 'settle', nested: true },
  { name: 'keyed', listens: true, signal: true, delivery: 'settle', keyed: true },
  { name: 'unheard', listens: false, signal: false, delivery: 'execute' },
  { name: 'watched', listens: false, signal: true, delivery: 'settle', watched: true },
];

/** The modes in which a cell can be tried. */
export function modesFor(row: Row, setUp: SetUp, { needsListener }: Ending): readonly Mode[] {
  const copyable = setUp === row.plain && row.prepared !== true;
  return modes.filter(
    (mode) => (mode.keyed !== true || copyable) && (mode.listens || needsListener !== true),
  );
}
