import { proofsOf } from './cells.js';
import { endings } from './endings.js';
import type { EndingName, Expected, Row } from './table.js';
import { endingNames } from './table.js';

const INTRO = `# Conformance

<!-- Made by \`npm run conformance\` from the table in test/conformance. Do not edit. -->

What each policy does in each ending of a call, as the tests in \`test/conformance\` prove it. The promises behind it are in
[semantics](semantics.md), and what the events mean is in [events](events.md).

Of every cell it is asked:

- what the caller gets, down to the very error;
- which events there are, and in what order; that each has the \`callId\` of its call, and is told in the async context (\`AsyncLocalStorage\`) of
  that call, whatever woke it: a timer, the caller's signal, another call;
- that functions of yours run in that context, too: the operation, \`handle\`, \`isFailure\`, a fallback's function, a gate's \`exit\`, \`discard\`;
- that the counters say the same as the events, and so do the metrics and the span of a real OpenTelemetry SDK;
- that what the call took is given back, a slot, a place in a queue, a probe's place, and when; what the policy has counted;
- that no listener is left on the caller's signal, and no timer on the clock;
- that whatever is left running has a signal that has aborted, and that its late result goes to \`discard\`, once;
- that nothing is called after the call has settled, and that \`diag\` hears of no fault but those expected.

Each is tried with listeners and without, with a signal and without, by \`execute\` and by \`settle\`, inside a driver, inside a gate
that is told how it ended, in a nested pipeline with a listener of its own, in the copy of a keyed pipeline, and with metrics and a span. An operation
that has ended before a listener aborts has ended the call, too, unless a driver is around it.
`;

/** The whole page. */
export function pageOf(rows: readonly Row[]): string {
  const reasons: string[] = [];
  const parts = [
    INTRO,
    matrixOf(rows, reasons),
    reasonsOf(reasons),
    DETAIL,
    ...rows.map(detailsOf),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

function matrixOf(rows: readonly Row[], reasons: string[]): string {
  const lines = [
    line(['', ...rows.map(({ name }) => name)]),
    line(['---', ...rows.map(() => '---')]),
    ...endingNames.map((name) =>
      line([endings[name].title, ...rows.map((row) => markOf(row, name, reasons))]),
    ),
  ];
  return `## The matrix\n\n✓ is proved; ✓ 2 in two ways. A number says below why it cannot happen.\n\n${lines.join('\n')}\n`;
}

function markOf(row: Row, name: EndingName, reasons: string[]): string {
  const proofs = proofsOf(row, name);
  if (typeof proofs !== 'string') return proofs.length === 1 ? '✓' : `✓ ${proofs.length}`;
  if (!reasons.includes(proofs)) reasons.push(proofs);
  return String(reasons.indexOf(proofs) + 1);
}

function reasonsOf(reasons: readonly string[]): string {
  return `${reasons.map((reason, i) => `${i + 1}. ${reason}`).join('\n')}\n`;
}

const DETAIL = `## In detail

Timeouts called \`outside\` and \`inside\` are around the policy and within it, and so is a gate called \`inside\`. An operation that fails
throws "boom", a callback of yours "the fault", and "the reason" is that of the caller's signal.
`;

/** What a policy does otherwise than a pipeline without any. */
function detailsOf(row: Row): string {
  const lines = endingNames.flatMap((name) => {
    const proofs = proofsOf(row, name);
    if (typeof proofs === 'string') return [];
    return proofs
      .filter(({ expected }) => !isUsual(row, name, expected))
      .map(({ name: way, expected }) => {
        const { title } = endings[name];
        return line([way === '' ? title : `${title}: ${way}`, ...told(expected)]);
      });
  });
  const link =
    row.page === undefined ? '' : `${capital(row.name)} is described [here](${row.page}). `;
  const rest = row.page === 'pipeline.md' ? '' : 'All else is as without a policy.';
  const head = [
    line(['ending', 'the caller gets', 'events', 'besides']),
    line(['---', '---', '---', '---']),
  ];
  const table = lines.length === 0 ? [] : ['', ...head, ...lines];
  return [`### ${capital(row.name)}`, '', `${link}${rest}`.trim(), ...table, ''].join('\n');
}

/** Whether there is nothing to say: it does what a pipeline without a policy does, or what it does itself in an ending like this one. */
function isUsual(row: Row, name: EndingName, expected: Expected): boolean {
  const { usual } = endings[name];
  if (usual === undefined) return false;
  if (typeof usual !== 'string') return row.page !== 'pipeline.md' && same(expected, usual);
  const like = proofsOf(row, usual);
  return typeof like !== 'string' && like.some((each) => same(each.expected, expected));
}

function same(one: Expected, other: Expected): boolean {
  return told(one).join() === told(other).join();
}

/** What is expected, as a row of the table has it. */
function told({ gives, events, held, counts, faults }: Expected): string[] {
  const besides = [
    ...(faults === undefined ? [] : ['`diag` is told']),
    ...(held === undefined ? [] : [`${held} held until the operation settles`]),
    ...(counts === undefined ? [] : [counts]),
  ];
  const got = gives.startsWith('ERR_') ? `\`${gives}\`` : gives;
  return [got, events.join(' → '), besides.join('; ')];
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
