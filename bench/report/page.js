// @ts-check
/**
 * docs/performance.md: what a reader wants to know, which is the comparison. All figures, goals and noise are in
 * bench/README.md (readme.js).
 *
 * @module
 */

import { median } from '../harness/stats.js';
import { paths } from '../paths.js';
import { net, over, samples, sizesOf } from './figures.js';
import { headlineRows } from './headlines.js';
import { markdown } from './markdown.js';
import { inOrder, measuredOn } from './nodes.js';
import { armsOf, bytes, ratio, shown, time } from './tables.js';

/** @typedef {import('../types.d.ts').CallPath} CallPath */
/** @typedef {import('../types.d.ts').OwnPath} OwnPath */
/** @typedef {import('../types.d.ts').Path} Path */
/** @typedef {import('../types.d.ts').PathResult} PathResult */
/** @typedef {import('../types.d.ts').Results} Results */
/** @typedef {ReturnType<typeof measuredOn>} Measured */

/** @param {Path} path */
export const chartName = (path) => `${path.id.toLowerCase()}.svg`;

/** @param {ReadonlyMap<string, Results>} all */
export function pageOf(all) {
  const lines = [
    '# Performance',
    '',
    '<!-- Written by `npm run bench` from bench/results. Do not edit. -->',
    '',
    ...intro(all),
  ];
  for (const path of paths.filter(({ account }) => !account)) {
    const measured = measuredOn(all, path.id);
    const [first] = measured;
    if (first === undefined) continue;
    lines.push('', `## ${path.title} (${path.id})`, '', path.about, '');
    const node = path.kind === 'own' && path.anyNode ? '' : `, Node ${first.major}`;
    lines.push(`![${path.title}${node}](performance/${chartName(path)})`);
    lines.push(...tables(path, measured));
    const quick = measured.filter(({ result }) => result.quick).map(({ major }) => major);
    if (quick.length > 0) {
      lines.push('', `Quick runs, less sure than full ones: Node ${quick.join(', ')}.`);
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** @param {ReadonlyMap<string, Results>} all */
function intro(all) {
  const majors = inOrder([...all.keys()]);
  const [first] = majors;
  return [
    'What holdfast costs: at each call, in memory, when it is loaded, and in a bundle. The same policies of cockatiel, opossum and mollitia, and ky and ' +
      'got for `fetch`, were measured beside it.',
    '',
    ...inWords(all),
    ...markdown(
      ['', ...majors.map((major) => `Node ${major}`), `others, Node ${first}`],
      headlineRows(all, majors),
    ),
    '',
    'How to read it:',
    '',
    '- *Bare* is the operation called and awaited with no library: `await operation()`. *Beyond the call itself* means that its time is taken off.',
    '- *51 x* beside another library: it takes 51 times as much as holdfast does. Below 1 x it takes less.',
    '- Absolute times are those of one shared machine, and yours differ. The ratios carry over: the rows of a group (a pipeline of holdfast, the same policies of ' +
      'the others, and the bare call) are measured in turns in one process, ratios are taken within a run, and the median over several runs is shown.',
    '- A process holds one pipeline of holdfast, so that none is slowed down by another that only the benchmark needs; P1M shows the call of P1 in a process ' +
      'that uses many.',
    '- All libraries of a table do the same work with the same numbers. Before anything is timed, each has to answer, to pass a failure on, ' +
      'and to refuse, time out or fall back as its policies say.',
    '- `npm run bench` in the repository measures all of it again. Every figure here comes from it. `bench/README.md` there has the spread of each figure, ' +
      'the noise, the goals that holdfast sets itself, with those that it misses and why, and accounts of where time, memory and kilobytes go.',
  ];
}

/**
 * One sentence that puts the figures into proportion.
 * @param {ReadonlyMap<string, Results>} all
 */
function inWords(all) {
  const [p1] = measuredOn(all, 'P1');
  const request = measuredOn(all, 'P10').find(({ major }) => major === p1?.major);
  if (p1 === undefined || request === undefined) return [];
  const ours = time(median(net(p1.result, 'holdfast', 'bare', 'ns')));
  const plain = time(median(samples(request.result, 'bare', 'ns')));
  return [
    `A call through five policies takes ${ours} longer than the call itself. For comparison: one of 50 requests that \`fetch\` makes at once to a server on the ` +
      `same machine takes ${plain} of the client's time (Node ${p1.major}).`,
    '',
  ];
}

/**
 * @param {Path} path
 * @param {Measured} measured
 */
function tables(path, measured) {
  if (path.kind === 'own') return ownTables(path, measured);
  return path.kind === 'in-flight' ? inFlightTables(path, measured) : callTable(path, measured);
}

/**
 * One table: one column a Node, and how the libraries compare on the first.
 * @param {CallPath} path
 * @param {Measured} measured
 */
function callTable(path, measured) {
  const [measure, show] = path.kind === 'time' ? ['ns', time] : ['bytes', bytes];
  const [first] = measured;
  if (first === undefined) return [];
  const figures = (
    /** @type {PathResult} */ result,
    /** @type {string} */ id,
    /** @type {string} */ bare,
  ) =>
    path.show === 'net' && id !== bare
      ? net(result, id, bare, measure)
      : samples(result, id, measure);
  let bareShown = false;
  const rows = path.groups.flatMap((group) => {
    const { bare } = group;
    // The bare call of every group is about the same, and its time is taken off already.
    const arms = armsOf(path, group, first.result).filter(
      ({ id }) => path.show === 'total' || id !== bare || !bareShown,
    );
    bareShown = true;
    const ours =
      arms.find(({ id }) => id === 'holdfast') ??
      arms.find(({ library }) => library === 'holdfast');
    const compared = (/** @type {string} */ id) => {
      if (ours === undefined || id === ours.id || id === bare) return '';
      const theirs = figures(first.result, id, bare);
      return ratio(median(over(theirs, figures(first.result, ours.id, bare))));
    };
    let title = group.title;
    return arms.map(({ id, label }) => {
      const alone = path.show === 'net' && id === bare;
      const what = alone ? 'the call itself' : title;
      if (!alone) title = '';
      const cells = measured.map(({ result }) => {
        const values = figures(result, id, bare);
        return values.length === 0 ? '' : show(median(values));
      });
      return [what, label, ...cells, compared(id)];
    });
  });
  const what = path.kind === 'time' ? 'time a call' : 'bytes a call';
  const title = path.show === 'net' ? `${what}, beyond the call itself` : what;
  const nodes = measured.map(({ major }) => `Node ${major}`);
  return ['', ...markdown([title, '', ...nodes, `times holdfast's, Node ${first.major}`], rows)];
}

/**
 * @param {CallPath} path
 * @param {Measured} measured
 */
function inFlightTables(path, measured) {
  const [first] = measured;
  if (first === undefined) return [];
  const sizes = sizesOf(first.result);
  const largest = sizes.at(-1);
  const count = (/** @type {number} */ size) => size.toLocaleString('en-US');
  return path.groups.flatMap((group) => {
    const arms = armsOf(path, group, first.result);
    if (arms.length === 0) return [];
    const rows = arms.map(({ id, label }) => [
      label,
      ...sizes.map((size) => {
        const values = samples(first.result, id, 'further', size);
        return values.length === 0 ? 'would take minutes' : time(median(values));
      }),
      ...measured.map(({ result }) => {
        const values = net(result, id, group.bare, 'bytes', largest);
        return id === group.bare || values.length === 0 ? '' : bytes(median(values));
      }),
    ]);
    const columns = [
      '',
      ...sizes.map((size) => `${count(size)} in flight, Node ${first.major}`),
      ...measured.map(({ major }) => `bytes beyond bare at ${count(largest ?? 0)}, Node ${major}`),
    ];
    return ['', `**${group.title}**: time of a further call`, '', ...markdown(columns, rows)];
  });
}

/**
 * The first measure on every Node, the others on the first.
 * @param {OwnPath} path
 * @param {Measured} measured
 */
function ownTables(path, measured) {
  const [first] = measured;
  if (first === undefined) return [];
  return path.groups.flatMap((group) => {
    const columns = group.measures.flatMap((measure, i) => {
      const on = i === 0 && !path.anyNode ? measured : [first];
      return on.map(({ major, result }) => ({
        title: path.anyNode ? measure.title : `${measure.title}, Node ${major}`,
        cell: (/** @type {string} */ id) => {
          const values = samples(result, id, measure.id);
          return values.length === 0 ? '' : shown(median(values), measure.unit);
        },
      }));
    });
    const rows = armsOf(path, group, first.result).map(({ id, label }) => [
      label,
      ...columns.map(({ cell }) => cell(id)),
    ]);
    if (rows.length === 0) return [];
    const titles = ['', ...columns.map(({ title }) => title)];
    return ['', `**${group.title}**`, '', ...markdown(titles, rows)];
  });
}
