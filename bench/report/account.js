// @ts-check
/**
 * Where time, bytes and kilobytes go: what stands in the way of the goals. One table a path, with all Nodes.
 *
 * @module
 */

import { median } from '../harness/stats.js';
import { paths } from '../paths.js';
import { minus, net, over, samples } from './figures.js';
import { markdown } from './markdown.js';
import { measuredOn } from './nodes.js';
import { armsOf, bytes, ratio, runsText, shown, time } from './tables.js';

/** @typedef {import('../types.d.ts').Arm} Arm */
/** @typedef {import('../types.d.ts').CallPath} CallPath */
/** @typedef {import('../types.d.ts').OwnPath} OwnPath */
/** @typedef {import('../types.d.ts').PathResult} PathResult */
/** @typedef {ReturnType<typeof measuredOn>} Measured */

/** @param {ReadonlyMap<string, import('../types.d.ts').Results>} all */
export function accounts(all) {
  const sections = paths
    .filter(({ account }) => account)
    .flatMap((path) => {
      const measured = measuredOn(all, path.id);
      const [first] = measured;
      if (first === undefined) return [];
      const table = path.kind === 'own' ? ownAccount(path, measured) : steps(path, measured);
      const where =
        path.kind === 'own' && path.anyNode
          ? [runsText(first.result)]
          : measured.map(({ major, result }) => `Node ${major}: ${runsText(result)}`);
      return [
        '',
        `### ${path.id} ${path.title}`,
        '',
        path.about,
        '',
        ...table,
        '',
        `${where.join('; ')}.`,
      ];
    });
  return sections.length === 0 ? [] : ['', '## What stands in the way', ...sections];
}

/**
 * Each arm beyond bare, and what it adds to the arm that it builds on.
 * @param {CallPath} path
 * @param {Measured} measured
 */
function steps(path, measured) {
  const [first] = measured;
  if (first === undefined) return [];
  const bareOf = new Map(path.groups.map(({ id, bare }) => [id, bare]));
  const [size] = path.sizes ?? [];
  const beyond = (/** @type {PathResult} */ result, /** @type {string} */ id) => {
    const bare = bareOf.get(path.arms.find((arm) => arm.id === id)?.group ?? '') ?? '';
    return path.kind === 'time'
      ? over(net(result, id, bare, 'ns'), samples(result, bare, 'ns'))
      : net(result, id, bare, 'bytes', size);
  };
  const show = path.kind === 'time' ? ratio : bytes;
  const whole = (/** @type {PathResult} */ result) =>
    path.kind === 'time'
      ? time(median(samples(result, 'bare', 'ns')))
      : bytes(median(samples(result, 'bare', 'bytes', size)));
  const rows = path.groups.flatMap((group) =>
    armsOf(path, group, first.result)
      .filter(({ id }) => id !== group.bare)
      .map((arm) => {
        const { after } = /** @type {Arm} */ (arm);
        const cells = measured.map(({ result }) => {
          const own = beyond(result, arm.id);
          if (own.length === 0) return '';
          if (after === undefined) return show(median(own));
          const more = median(minus(own, beyond(result, after)));
          return `${show(median(own))} (${more < 0 ? '' : '+'}${show(more)})`;
        });
        return [group.id === 'shapes' ? group.title : 'holdfast', arm.label, ...cells];
      }),
  );
  const bare = ['', 'the bare call itself', ...measured.map(({ result }) => whole(result))];
  return markdown(['', '', ...measured.map(({ major }) => `Node ${major}`)], [bare, ...rows]);
}

/**
 * Each measure on each Node, a table a group. Rows with nothing in them are left out.
 * @param {OwnPath} path
 * @param {Measured} measured
 */
function ownAccount(path, measured) {
  const on = path.anyNode ? measured.slice(0, 1) : measured;
  const tables = path.groups.map((group) => {
    const columns = group.measures.flatMap((measure) =>
      on.map(({ major, result }) => ({
        title: path.anyNode ? measure.title : `${measure.title}, Node ${major}`,
        value: (/** @type {string} */ id) => median(samples(result, id, measure.id)),
        unit: measure.unit,
      })),
    );
    const rows = path.arms
      .filter(({ group: of }) => of === group.id)
      .filter(({ id }) => columns.some(({ value }) => value(id) > 0))
      .map(({ id, label }) => [
        label,
        ...columns.map(({ value, unit }) => (value(id) === 0 ? '' : shown(value(id), unit))),
      ]);
    const title = path.groups.length > 1 ? group.title : '';
    return rows.length === 0
      ? []
      : markdown([title, ...columns.map((column) => column.title)], rows);
  });
  return tables
    .filter((table) => table.length > 0)
    .flatMap((table, at) => (at === 0 ? table : ['', ...table]));
}
