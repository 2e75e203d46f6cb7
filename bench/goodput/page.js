// @ts-check
/**
 * docs/goodput.md and its pictures, from bench/results/goodput.json and reasons.json. Run it alone to write them anew:
 * `node bench/goodput/page.js`.
 *
 * @module
 */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { resolveScenario, toSvg } from 'holdfast/simulator';
import { armOf, arms, OURS } from './arms.js';
import { choicesOf } from './choices-section.js';
import { markdown } from './markdown.js';
import { OVERLOAD_ROW, overloadPicture } from './overload.js';
import { policiesOf } from './policies/section.js';
import { readResults } from './results.js';
import { rows, sections } from './rows.js';
import { cellOf, goalText, judge, mean, percent, valueText } from './verdict.js';

/** @typedef {import('./types.d.ts').Results} Results */
/** @typedef {import('./types.d.ts').Row} Row */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {Record<string, Partial<Record<string, string>>>} Reasons */

const DOCS = new URL('../../docs/', import.meta.url);
const REASONS = new URL('./reasons.json', import.meta.url);

/**
 * The page and its pictures by their paths below docs/.
 * @param {Results} results
 * @param {Reasons} reasons by row and figure
 * @returns {Record<string, string>}
 */
export function filesOf(results, reasons) {
  /** @type {Record<string, string>} */
  const files = {};
  for (const row of rows) {
    const runs = results.charts[row.id];
    if (runs === undefined) continue;
    files[`goodput/${row.id}.svg`] = toSvg({
      scenario: resolveScenario(row.scenario),
      seeds: results.seeds.slice(0, 1),
      arms: Object.fromEntries(
        Object.entries(runs).map(([arm, report]) => [plain(armOf(arm).label), report]),
      ),
    });
  }
  files['goodput/overload.svg'] = overloadPicture(
    arms.flatMap(({ id, label }) => {
      const report = results.charts[OVERLOAD_ROW]?.[id];
      return report === undefined
        ? []
        : [{ label: PICTURED[id] ?? label, ours: id === OURS, report }];
    }),
  );
  files['goodput.md'] = pageOf(results, reasons);
  return files;
}

/**
 * Names in the picture, which stands where nobody has read what the arms are.
 * @type {Record<string, string>}
 */
const PICTURED = { none: 'no policy', [OURS]: 'holdfast' };

/** Writes the files of the results. */
export async function writePage() {
  const results = await readResults();
  if (results === undefined) throw new Error('there are no results: npm run bench:goodput');
  const files = filesOf(results, JSON.parse(await readFile(REASONS, 'utf8')));
  await rm(new URL('goodput/', DOCS), { recursive: true, force: true });
  await mkdir(new URL('goodput/', DOCS), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(new URL(path, DOCS), text);
}

/**
 * @param {Results} results
 * @param {Reasons} reasons
 */
function pageOf(results, reasons) {
  const { cockatiel, opossum } = results.libraries;
  const lines = [
    '# Goodput under overload',
    '',
    '<!-- Written by `npm run bench:goodput` from bench/results/goodput.json and bench/goodput/reasons.json. Do not edit. -->',
    '',
    'Goodput is the share of calls that get a true answer before their caller gives up. ' +
      'An overloaded upstream can be busy all the time and have none: it works on requests whose callers are gone, and retries bring more of them. ' +
      'What a client does then decides whether the trouble ends with its cause or stays for good.',
    '',
    `![The first run of the slowdown with 100 clients](goodput/overload.svg)`,
    '',
    ...summary(results),
    '',
    '## What is compared',
    '',
    `The same calls, with the same chance, go through five set-ups. Each follows the documentation of its library (cockatiel ${cockatiel}, opossum ${opossum}). ` +
      'Each is told how long a call may take, and nothing else about the upstream unless a row says so. A call may take 1 s where no row says otherwise, and the caller aborts at that deadline in all set-ups.',
    '',
    ...arms.map(({ label, about }) => `- **${label}**: ${about}`),
    '',
    'Every client has a set-up of its own: nothing is shared between clients.',
    '',
    '## How to read the tables',
    '',
    '- `45% · 1 s`: 45% of the calls made during the trigger were answered in time, and goodput was back 1 s after it. `never`: it was not back when the run ended.',
    '- *Back* is the first second after the trigger from which goodput is at least 95% of what it was before, for 5 s. A second is *lost* if it has less than that outside of the trigger. ' +
      'Where nothing happens, the yardstick is 95% of what the upstream can answer.',
    `- Each cell is of ${results.seeds.length} runs, with the seeds ${results.seeds.join(', ')}: times are those of the worst seed, shares are means.`,
    '- The goals are for `standard()`. They were set before it was tuned, and the verdict is computed.',
    '',
  ];
  for (const section of sections) {
    lines.push(`## ${section.title}`, '', ...section.about.flatMap((text) => [text, '']));
    lines.push(...tableOf(section.rows, results), '');
  }
  lines.push('## Goals that are missed', '', ...missesOf(results, reasons), '');
  lines.push(...choicesOf(results));
  lines.push(...policiesOf(results.policies));
  lines.push('## What the upstream had to do', '', ...workOf(results), '');
  lines.push('## Second by second', '');
  lines.push(
    `The run of seed ${results.seeds[0]}. All charts of a row have the same scales, and the trouble is shaded.`,
    '',
  );
  for (const row of rows.filter(({ id }) => results.charts[id] !== undefined)) {
    lines.push(`### ${capital(row.title)}`, '', `![${row.title}](goodput/${row.id}.svg)`, '');
  }
  if (results.http !== undefined) lines.push(...httpOf(results.http));
  lines.push(
    '## How to repeat it',
    '',
    '```sh',
    'npm run bench:goodput                     # all rows and choices, in two processes; writes the results and this page',
    'npm run bench:goodput -- slowdown-100     # one row; writes nothing',
    'npm run bench:goodput -- --policies       # the policies beside `standard()` alone',
    'npm run bench:goodput -- --http           # the run over HTTP alone',
    'npm run bench:goodput -- --page           # this page alone, from the results',
    '```',
    '',
    'The simulation runs in virtual time: the same code gives the same results, byte for byte, however busy the machine is. ' +
      `The rows stand in \`bench/goodput/rows.js\`, the set-ups in \`bench/goodput/arms.js\` and \`bench/goodput/choices.js\`. \`simulate()\` of \`holdfast/simulator\` runs them, and it runs scenarios and set-ups of your own.`,
    '',
    '## What it does not show',
    '',
    '- It shows upstreams of one kind: workers, and one queue without end that serves in order. A server that sheds load or drops abandoned work recovers by itself, and the set-ups then differ less.',
    '- All clients of a run use the same set-up. In a fleet where some retry without limit, the others suffer with them.',
    '- Calls do not depend on each other, and the callers do not come back: a person who presses reload does.',
    '- The defaults of `standard()` were chosen with this simulator and with these rows in view. Those of the other libraries were not. With knowledge of the upstream each library can do better.',
    '- The cost of the libraries themselves is not in it: [performance](performance.md) has that.',
  );
  return `${lines.join('\n').trimEnd()}\n`;
}

/** @param {Results} results */
function summary(results) {
  const judged = rows.filter(({ goals }) => goals.length > 0);
  const met = judged.filter((row) => isMet(row, results)).length;
  return [
    `\`standard()\` meets its goals in ${met} of ${judged.length} rows` +
      (met === judged.length
        ? '.'
        : '; [the others](#goals-that-are-missed) are named with the reason.'),
  ];
}

/**
 * @param {Row} row
 * @param {Results} results
 */
function isMet({ id, goals }, results) {
  return goals.every((goal) => judge(goal, armsOf(id, results), OURS).met);
}

/**
 * @param {string} id
 * @param {Results} results
 */
function armsOf(id, results) {
  const found = results.rows[id];
  if (found === undefined) throw new Error(`the results have no row ${id}: npm run bench:goodput`);
  return found;
}

/**
 * @param {readonly Row[]} shown
 * @param {Results} results
 */
export function tableOf(shown, results) {
  const cells = shown.map((row) => {
    const found = armsOf(row.id, results);
    const verdict = row.goals.length === 0 ? '' : isMet(row, results) ? 'met' : '**missed**';
    return [
      row.title,
      ...arms.map(({ id }) => cellOf(row, found[id] ?? [])),
      row.goals.map(goalText).join(' · '),
      verdict,
    ];
  });
  return markdown(['', ...arms.map(({ label }) => label), 'goal', ''], cells);
}

/**
 * @param {Results} results
 * @param {Reasons} reasons
 */
function missesOf(results, reasons) {
  const misses = rows.flatMap((row) =>
    row.goals.flatMap((goal) => {
      const { value, limit, met } = judge(goal, armsOf(row.id, results), OURS);
      if (met) return [];
      const { figure } = goal;
      const reason = reasons[row.id]?.[figure] ?? 'No reason is known yet.';
      const aim = `${goal.atMost === undefined ? 'at least' : 'at most'} ${valueText(figure, limit, 'exact')}`;
      return [
        `- ${capital(row.title)}: ${WORDS[figure]} ${valueText(figure, value, 'exact')}, goal ${aim}. ${reason}`,
      ];
    }),
  );
  return misses.length === 0 ? ['None.'] : misses;
}

const WORDS = {
  during: 'goodput during the trigger',
  back: 'back after',
  lost: 'seconds lost:',
  served: 'goodput',
};

/** @param {Results} results */
function workOf(results) {
  const shown = sections[0]?.rows.filter(({ scenario }) => scenario.clients === 100) ?? [];
  const cells = shown.map(({ id, title }) => [
    title,
    ...arms.map((arm) => {
      const outcomes = armsOf(id, results)[arm.id] ?? [];
      const sent = mean(outcomes.map((outcome) => outcome.sent));
      return `${sent.toFixed(2)} · ${percent(mean(outcomes.map(({ wasted }) => wasted)))}`;
    }),
  ]);
  return [
    "Requests for each call, and the share of the servers' work that was for callers who were gone; means over the whole run.",
    '',
    ...markdown(['', ...arms.map(({ label }) => label)], cells),
  ];
}

/** @param {import('./types.d.ts').HttpResults} http */
function httpOf({ plan, arms: found }) {
  const rate = (plan.load * plan.workers * 1_000) / plan.serviceMs;
  const seconds = (/** @type {number} */ ms) => `${ms / 1_000} s`;
  const shown = arms.filter(({ id }) => found[id] !== undefined);
  const cells = shown.map(({ id, label }) => {
    const outcome = /** @type {Outcome} */ (found[id]);
    const { before, during, back, sent, wasted } = outcome;
    return [
      label,
      percent(before),
      percent(during),
      valueText('back', back),
      sent.toFixed(2),
      percent(wasted),
    ];
  });
  return [
    '## Once over HTTP',
    '',
    `One real run, so its figures change from run to run. ${plan.clients} clients in one process make ${rate} calls a second with \`fetch\` to a real server in another, over loopback, ` +
      `for ${seconds(plan.beforeMs + plan.triggerMs + plan.afterMs)}. The server has ${plan.workers} workers of ${plan.serviceMs} ms (exponential) and a queue without end. ` +
      `From ${seconds(plan.beforeMs)} on it is ${plan.factor} times slower for ${seconds(plan.triggerMs)}. A caller waits for ${seconds(plan.deadlineMs)}.`,
    '',
    ...markdown(['', 'before', 'during', 'back', 'requests a call', 'wasted work'], cells),
    '',
  ];
}

/** @param {string} label */
const plain = (label) => label.replaceAll('`', '');

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

if (process.argv[1] === fileURLToPath(import.meta.url)) await writePage();
