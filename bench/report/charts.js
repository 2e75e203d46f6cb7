// @ts-check
import { median } from '../harness/stats.js';
import { net, samples, sizesOf } from './figures.js';
import { barChart } from './svg.js';
import { armsOf, bytes, shown, time } from './tables.js';

/** @typedef {import('../types.d.ts').CallPath} CallPath */
/** @typedef {import('../types.d.ts').OwnPath} OwnPath */
/** @typedef {import('../types.d.ts').Path} Path */
/** @typedef {import('../types.d.ts').PathResult} PathResult */

/**
 * The chart of one path on one Node.
 * @param {Path} path
 * @param {PathResult} result
 * @param {string} major
 */
export function chartOf(path, result, major) {
  if (path.kind === 'own') return ownChart(path, result, major);
  if (path.kind === 'in-flight') return inFlightChart(path, result, major);
  const [measure, show] = path.kind === 'time' ? ['ns', time] : ['bytes', bytes];
  const of = path.show === 'net' ? 'beyond the bare call' : 'a call';
  const all = path.groups.map((group) => ({
    title: group.title,
    bars: armsOf(path, group, result)
      .filter(({ id }) => path.show === 'total' || id !== group.bare)
      .map(({ id, label, library }) => {
        const value = median(
          path.show === 'net' ? net(result, id, group.bare, measure) : samples(result, id, measure),
        );
        return { label, value, text: show(value), ours: library === 'holdfast' };
      }),
  }));
  const groups = all.filter(({ bars }) => bars.length > 0);
  const what = path.kind === 'time' ? 'time' : 'bytes';
  return barChart(`${path.title}: ${what} ${of}, Node ${major}`, groups);
}

/**
 * The first measure of each group.
 * @param {OwnPath} path
 * @param {PathResult} result
 * @param {string} major
 */
function ownChart(path, result, major) {
  const groups = path.groups.flatMap((group) => {
    const [first] = group.measures;
    if (first === undefined) return [];
    const bars = armsOf(path, group, result).flatMap(({ id, label, library }) => {
      const values = samples(result, id, first.id);
      if (values.length === 0) return [];
      const value = median(values);
      return [{ label, value, text: shown(value, first.unit), ours: library === 'holdfast' }];
    });
    return bars.length === 0 ? [] : [{ title: `${group.title}: ${first.title}`, bars }];
  });
  return barChart(path.anyNode ? path.title : `${path.title}, Node ${major}`, groups);
}

/**
 * @param {CallPath} path
 * @param {PathResult} result
 * @param {string} major
 */
function inFlightChart(path, result, major) {
  const groups = path.groups.flatMap((group) => {
    const arms = armsOf(path, group, result);
    if (arms.length === 0) return [];
    return sizesOf(result).map((size) => ({
      title: `${group.title}, ${size.toLocaleString('en-US')} in flight`,
      bars: arms
        .filter(({ id }) => result.arms.find((arm) => arm.id === id)?.sizes?.[String(size)])
        .map(({ id, label, library }) => {
          const value = median(samples(result, id, 'further', size));
          return { label, value, text: time(value), ours: library === 'holdfast' };
        }),
    }));
  });
  return barChart(`${path.title}: a further call, Node ${major}`, groups);
}
