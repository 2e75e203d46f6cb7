import { backAfter, count, type Paint, type PaintFormat, percent, seconds } from './format.js';
import type { Recovery } from './recovery.js';
import type { DemoResult, SideResult } from './result.js';
import { CLIENTS, LIMIT_MS, NAIVE } from './ways.js';

const LABEL_WIDTH = 16;
const COLUMN_WIDTH = 14;

interface Row {
  readonly label: string;
  readonly cell: (side: SideResult) => string;
  readonly format?: (side: SideResult) => PaintFormat | undefined;
}

/** The table at the end of the demo, in less than 60 columns. */
export function report(result: DemoResult, paint: Paint): string[] {
  const { sides, interrupted, ranMs } = result;
  const rule = paint('dim', ` ${'─'.repeat(LABEL_WIDTH + COLUMN_WIDTH * sides.length)}`);
  const names = sides.map(({ name }) => name.padStart(COLUMN_WIDTH)).join('');
  return [
    ...(interrupted
      ? [paint('yellow', ` Stopped after ${seconds(ranMs)}: the counts so far.`), '']
      : []),
    paint('bold', ` ${' '.repeat(LABEL_WIDTH)}${names}`),
    rule,
    ...rowsOf(result).map((row) => rowLine(row, sides, paint)),
    rule,
    // No summary after an early stop: the calls that still waited might have been answered.
    ...(interrupted ? [] : [...summary(sides).map((line) => ` ${line}`), '']),
    ...NOTES.map((line) => paint('dim', ` ${line}`)),
  ];
}

function rowLine({ label, cell, format }: Row, sides: readonly SideResult[], paint: Paint): string {
  const cells = sides.map((side) => {
    const text = cell(side).padStart(COLUMN_WIDTH);
    const colour = format?.(side);
    return colour === undefined ? text : paint(colour, text);
  });
  return ` ${label.padEnd(LABEL_WIDTH)}${cells.join('')}`.trimEnd();
}

function rowsOf({ sides, interrupted }: DemoResult): Row[] {
  const triggers = sides[0]?.recoveries ?? [];
  return [
    { label: 'back after', cell: () => '' },
    ...triggers.map(
      ({ trigger }, index): Row => ({
        label: `  the ${trigger}`,
        cell: ({ recoveries }) => {
          const recovery = recoveries[index];
          return recovery === undefined ? '-' : backAfter(recovery);
        },
        format: ({ recoveries }) => COLOUR_OF[recoveries[index]?.state ?? 'ahead'],
      }),
    ),
    { label: 'calls', cell: ({ calls }) => count(calls) },
    {
      label: '  answered',
      cell: ({ answered, calls }) => `${count(answered)} (${percent(answered, calls)})`,
      format: () => 'green',
    },
    ...(interrupted
      ? [{ label: '  waiting', cell: ({ waiting }: SideResult) => count(waiting) }]
      : []),
    { label: 'requests sent', cell: ({ sent }) => count(sent) },
    { label: '  for each call', cell: (side) => amplification(side) },
    { label: '  for nobody', cell: ({ upstream }) => count(upstream.wasted) },
    { label: 'longest queue', cell: ({ upstream }) => count(upstream.maxQueued) },
  ];
}

const COLOUR_OF: Readonly<Record<Recovery['state'], PaintFormat | undefined>> = {
  ahead: undefined,
  away: 'yellow',
  back: 'green',
  never: 'red',
  unknown: 'yellow',
};

function amplification({ sent, calls }: SideResult): string {
  return calls === 0 ? '-' : (sent / calls).toFixed(2);
}

function summary(sides: readonly SideResult[]): string[] {
  const unknown = sides.some(({ recoveries }) =>
    recoveries.some(({ state }) => state === 'unknown'),
  );
  return unknown ? TOO_BUSY : sides.map(sentence);
}

const TOO_BUSY = [
  'This machine was too busy: calls failed before anything',
  'went wrong. The counts show that, and no more.',
];

/** How one side did, in words. */
function sentence({ name, recoveries }: SideResult): string {
  if (recoveries.every(({ state }) => state === 'never')) return `${name}: never back.`;
  const ends = recoveries.map((recovery, index) => {
    const after = backAfter(recovery);
    return recovery.state !== 'back' ? after : `${index === 0 ? 'back ' : ''}after ${after}`;
  });
  return `${name}: ${ends.join(', then ')}.`;
}

/** What the words mean. Each line fits into 60 columns. */
const NOTES: readonly string[] = [
  `Every call may take ${seconds(LIMIT_MS)}. Each side has its own upstream.`,
  'back: from the end of what went wrong to the first second',
  'of whose calls 95% as many were answered as at first.',
  'for nobody: worked on when the caller had left the queue.',
  `naive retries: up to ${NAIVE.maxRetries}, after ${[0, 1, 2].map((n) => NAIVE.backoffMs * 2 ** n).join(', ')} ms; ${NAIVE.attemptMs} ms each.`,
  `holdfast: ${CLIENTS} clients, each with a service of its own:`,
  "defineService('inventory', { baseUrl, operations })",
];
