import { proofsOf } from './cells.js';
import { endings } from './endings.js';
import type { EndingName, Expected, Row } from './table.js';
import { endingNames } from './table.js';

const INTRO = `# Conformance

<!-- Made by \`npm run conformance\` from the table in test/conformance. Do not edit. -->

What each policy does in each ending of a call, as the [tests](../test/conformance/conformance.test.ts) prove it. The promises behind it are in
[semantics](semantics.md); what the events mean is in [events](events.md).

In every cell it is asked:

- what the caller gets, to the very error;
- which events there are, and in what order; that each has the \`callId\` of the call, and that its listener runs in the async context (\`AsyncLocalStorage\`) of
  the call, whoever woke it: a timer, the caller's signal, another call;
- that all functions of yours run in that context, too: the operation, \`handle\`, \`isFailure\`, a fallback's function, the gate's \`exit\`, \`discard\`;
- that the counters, and the metrics of a real OpenTelemetry SDK, say the same as the events;
- that what the call took is given back: a slot, a place in a queue, a probe's place; and when;
- that no listener is left on the caller's signal, and no timer on the clock;
- that whatever is left running has an aborted signal, and that its late result goes to \`discard\`, once;
- that nothing is called after the call has settled, and that \`diag\` hears of no fault that is not expected.

Each is tried with listeners and without, with a signal and without, by \`execute\` and by \`settle\`, inside a driver, and with metrics.
`;

/** The whole page. */
export function pageOf(rows: readonly Row[]): string {
  const reasons: string[] = [];
  return `${[INTRO, matrixOf(rows, reasons), reasonsOf(reasons), '## In detail\n', ...rows.map(detailsOf)].join('\n').trimEnd()}\n`;
}

function matrixOf(rows: readonly Row[], reasons: string[]): string {
  const lines = [
    line(['', ...rows.map(({ name }) => name)]),
    line(['---', ...rows.map(() => '---')]),
    ...endingNames.map((name) =>
      line([endings[name].title, ...rows.map((row) => markOf(row, name, reasons))]),
    ),
  ];
  return `## The matrix\n\n✓: proved; ✓ 2: in two ways. A number says why the ending cannot happen.\n\n${lines.join('\n')}\n`;
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

/** What a policy does otherwise than most; of the first, that is all it does. */
function detailsOf(row: Row): string {
  const usual: string[] = [];
  const lines: string[] = [];
  for (const name of endingNames) {
    const { title, usual: most } = endings[name];
    const proofs = proofsOf(row, name);
    if (typeof proofs === 'string') continue;
    for (const { name: way, expected } of proofs) {
      const { held, counts, ...shown } = expected;
      const asMost =
        typeof most === 'object' && most.gives === shown.gives && most.events === shown.events;
      const more = [
        ...(held === undefined ? [] : [`${held} held until the operation has settled`]),
        ...(counts === undefined ? [] : [counts]),
      ];
      if (row.page !== 'pipeline.md' && asMost && more.length === 0) usual.push(`“${title}”`);
      else
        lines.push(
          line([way === '' ? title : `${title}: ${way}`, ...toldOf(expected), more.join('; ')]),
        );
    }
  }
  const link = row.page === undefined ? '' : `[${capital(row.name)}](${row.page}). `;
  const head = line(['ending', 'the caller gets', 'events, in order', 'besides']);
  const like = usual.length === 0 ? '' : `As without a policy: ${usual.join(', ')}.\n`;
  return [
    `### ${capital(row.name)}\n`,
    `${link}${like}`,
    [head, line(['---', '---', '---', '---']), ...lines].join('\n'),
    '',
  ].join('\n');
}

function toldOf({ gives, events }: Expected): string[] {
  return [gives.startsWith('ERR_') ? `\`${gives}\`` : gives, events.join(' → ')];
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
