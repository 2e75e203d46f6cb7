// @ts-check
/**
 * bench/README.md: how it is measured, the goals with what was missed and why, and all figures with their spread.
 *
 * @module
 */

import { goals } from '../goals.js';
import { paths } from '../paths.js';
import { accounts } from './account.js';
import { markdown } from './markdown.js';
import { inOrder, measuredOn } from './nodes.js';
import { duration, secondsARun } from './plan.js';
import { aimOf, noiseText, runsText, tablesOf, verdictsOf } from './tables.js';

/** @typedef {import('../types.d.ts').Goal} Goal */
/** @typedef {import('../types.d.ts').Results} Results */
/** @typedef {Record<string, Record<string, string>>} Reasons by goal, and by Node or `all` */

const NO_REASON = '**no reason is given**';

/**
 * @param {ReadonlyMap<string, Results>} all
 * @param {Reasons} reasons
 */
export function readmeOf(all, reasons) {
  const lines = [
    '# Benchmarks',
    '',
    '<!-- Written by `npm run bench` from bench/results and bench/reasons.json. Do not edit. -->',
    '',
    ...intro(all),
    '',
    '## Goals',
    '',
    ...goalTable(all),
    ...missed(all, reasons),
    ...accounts(all),
    '',
    '## All figures',
  ];
  for (const path of paths.filter(({ account }) => !account)) {
    const measured = measuredOn(all, path.id);
    if (measured.length === 0) continue;
    const about = path.more === undefined ? path.about : `${path.about} ${path.more}`;
    lines.push('', `### ${path.id} ${path.title}`, '', about);
    for (const { major, result } of measured) {
      lines.push('', `#### ${path.id} on Node ${major}`, '');
      for (const table of tablesOf(path, result)) {
        lines.push(`**${table.title}**`, '', ...markdown(table.columns, table.rows), '');
      }
      lines.push(`${runsText(result)}${noiseText(result)}.`);
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** @param {ReadonlyMap<string, Results>} all */
function intro(all) {
  const machines = inOrder([...all.keys()]).flatMap((major) => {
    const results = all.get(major);
    if (results === undefined) return [];
    const libraries = Object.entries(results.libraries).map(([name, of]) => `${name} ${of}`);
    return [[results.node, `${results.cpu}, ${results.cores} cores`, libraries.join(', ')]];
  });
  const took = inOrder([...all.keys()]).flatMap((major) => {
    const minutes = all.get(major)?.minutes;
    return minutes === undefined ? [] : [`${minutes} minutes on Node ${major}`];
  });
  return [
    '[docs/performance.md](../docs/performance.md) has the comparison. Here are the goals that holdfast sets itself and all figures with their spread.',
    '',
    '```sh',
    'npm run bench                # all paths on the Node that runs it; writes bench/results and both pages',
    'npm run bench -- P1 P3       # some paths; the results of the others stay',
    'npm run bench -- --quick     # fewer and shorter runs, in about a third of the time; less sure, and the pages say so',
    'npm run bench -- --runs 9    # more runs than five',
    'npm run bench -- --cpu P1    # processor time, for a busy machine while developing; writes nothing',
    'npm run bench:smoke          # checks every arm and measures it for a moment; writes nothing',
    'node bench/report/write.js   # both pages again, from the results',
    '```',
    '',
    'On a quiet machine with two cores all paths take about half an hour, and a third of that with `--quick`. What is about to be run is estimated before it begins.',
    '',
    ...(took.length === 0 ? [] : [`The last run of all paths took ${took.join(', ')}.`, '']),
    ...howLong(all),
    '- *Bare* is `await operation()` in an async function of its own, as every other arm has one. *Net* is an arm less bare in the same run.',
    '- A process holds one group of a table: one pipeline of holdfast, the same policies of the others, and the bare call twice, measured in turns. It loads no other ' +
      'path. Every run is a new process with the arms in another order. Ratios are taken within a process; shown is the median over the runs, and in brackets the smallest and the largest.',
    '- What would disturb other arms is a path, and so a process, of its own: calls that are rare (P1Q), telemetry (P9M, P9S). Two paths have more than one pipeline in a process: ' +
      'P1M, whose subject that is, and P9, where holdfast is compared with itself, with telemetry and without.',
    '- Times are by mitata in batches of about 4 ms, garbage collection included. Its heap figures are only right when nothing is collected meanwhile, ' +
      'so bytes are counted in a process of their own. Times of rare calls and with many calls in flight come from loops of the suite.',
    '- The noise floor is what the same measurement shows for two arms that are the same: the bare call, measured twice in each process. Where the two are more than 15% apart, that ' +
      'process is measured again, at most twice, and the quietest counts. Only the bare calls decide that. How many were repeated stands below each table.',
    '',
    ...markdown(['Node', 'machine', 'versions'], machines),
  ];
}

/**
 * So that one can plan: how long a run of each path takes.
 * @param {ReadonlyMap<string, Results>} all
 */
function howLong(all) {
  const on = inOrder([...all.keys()]).flatMap((major) => {
    const results = all.get(major);
    if (results === undefined) return [];
    const parts = paths.flatMap(({ id }) => {
      const result = results.paths[id];
      const seconds = result && secondsARun(result);
      return seconds === undefined
        ? []
        : [`${id} ${duration(seconds)}${result?.quick ? ' (quick)' : ''}`];
    });
    return parts.length === 0 ? [] : [`- On Node ${major}: ${parts.join(', ')}.`];
  });
  return on.length === 0
    ? []
    : [
        'How long one run of a path takes; `npm run bench` makes five, of the accounts fewer:',
        '',
        ...on,
        '',
      ];
}

/**
 * What each Node makes of a goal.
 * @param {ReadonlyMap<string, Results>} all
 * @param {Goal} goal
 */
function verdictsOn(all, goal) {
  return measuredOn(all, goal.path).flatMap(({ major, result }) =>
    verdictsOf(goal.path, result, major)
      .filter((verdict) => verdict.goal === goal)
      .map((verdict) => ({ major, ...verdict })),
  );
}

/** @param {ReadonlyMap<string, Results>} all */
function goalTable(all) {
  const majors = inOrder([...all.keys()]);
  const rows = goals.map((goal) => {
    const verdicts = verdictsOn(all, goal);
    const cells = majors.map((major) => {
      const verdict = verdicts.find((one) => one.major === major);
      if (verdict === undefined) return 'not measured';
      const spread = verdict.spread === '' ? '' : ` (${verdict.spread})`;
      return `${verdict.measured}${spread}${verdict.met ? '' : ' **MISSED**'}`;
    });
    const [aim, on20] = [aimOf(goal, '24'), aimOf(goal, '20')];
    return [goal.id, goal.text, aim === on20 ? aim : `${aim}; Node 20: ${on20}`, ...cells];
  });
  return markdown(['', 'goal', 'aim', ...majors.map((major) => `Node ${major}`)], rows);
}

/**
 * @param {Reasons} reasons
 * @param {Goal} goal
 * @param {string} major
 */
const reasonOf = (reasons, { id }, major) => reasons[id]?.[major] ?? reasons[id]?.['all'];

/**
 * The misses that bench/reasons.json says nothing about, as `P1-net on Node 24`.
 * @param {ReadonlyMap<string, Results>} all
 * @param {Reasons} reasons
 */
export function unexplained(all, reasons) {
  return goals.flatMap((goal) =>
    verdictsOn(all, goal)
      .filter(({ major, met }) => !met && reasonOf(reasons, goal, major) === undefined)
      .map(({ major }) => `${goal.id} on Node ${major}`),
  );
}

/**
 * @param {ReadonlyMap<string, Results>} all
 * @param {Reasons} reasons
 */
function missed(all, reasons) {
  const lines = goals.flatMap((goal) => {
    const misses = verdictsOn(all, goal).filter(({ met }) => !met);
    /** @type {Map<string, string[]>} one reason may hold for several */
    const nodes = new Map();
    for (const { major, measured, aim } of misses) {
      const reason = reasonOf(reasons, goal, major) ?? NO_REASON;
      nodes.set(reason, [...(nodes.get(reason) ?? []), `Node ${major} ${measured}, aim ${aim}`]);
    }
    return [...nodes].map(
      ([reason, where]) => `- ${goal.id}, ${goal.text}. ${where.join('; ')}: ${reason}`,
    );
  });
  return lines.length === 0 ? [] : ['', 'What was missed, and why:', '', ...lines];
}
