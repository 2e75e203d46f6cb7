// @ts-check
/**
 * The tables of a path, as text cells; console and Markdown print the same ones.
 *
 * @module
 */

import { goals } from '../goals.js';
import { isAgain } from '../harness/floor.js';
import { median, summary } from '../harness/stats.js';
import { judge, limitOf, net, noiseFloor, over, samples, sizesOf } from './figures.js';

/** @typedef {import('../types.d.ts').CallPath} CallPath */
/** @typedef {import('../types.d.ts').Group} Group */
/** @typedef {import('../types.d.ts').OwnGroup} OwnGroup */
/** @typedef {import('../types.d.ts').Path} Path */
/** @typedef {import('../types.d.ts').Subject} Subject */
/** @typedef {import('../types.d.ts').Unit} Unit */
/** @typedef {import('../types.d.ts').PathResult} PathResult */
/** @typedef {{ title: string, columns: string[], rows: string[][] }} Table */

/** @param {number} ns */
export function time(ns) {
  const size = Math.abs(ns);
  if (size < 10_000) return `${ns.toFixed(0)} ns`;
  if (size < 1_000_000) return `${(ns / 1e3).toFixed(1)} us`;
  return `${(ns / 1e6).toFixed(size < 10_000_000 ? 2 : 1)} ms`;
}

/** @param {number} bytes */
export const bytes = (bytes) => `${bytes.toFixed(0)} B`;

/**
 * @param {number} value
 * @param {Unit} unit
 */
export function shown(value, unit) {
  if (unit === 'ns') return time(value);
  if (unit === 'B') return bytes(value);
  return unit === 'files' ? String(value) : `${value.toFixed(1)} ${unit}`;
}

/** @param {number} value */
export function ratio(value) {
  // 1 ms over 2 us is not nothing.
  if (value !== 0 && Math.abs(value) < 0.005) return `${value.toPrecision(1)} x`;
  return `${value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0)} x`;
}

/** @param {readonly number[]} values */
export function ratios(values) {
  const { median: middle, min, max } = summary(values);
  return `${ratio(middle)} (${ratio(min).slice(0, -2)} to ${ratio(max).slice(0, -2)})`;
}

/**
 * The arms of a group that have figures, its bare one first; none where the bare one was not measured.
 * @param {Path} path
 * @param {Group | OwnGroup} group
 * @param {PathResult} result
 * @returns {Subject[]}
 */
export function armsOf(path, group, result) {
  const measured = path.arms.filter(({ id }) => result.arms.some((arm) => arm.id === id));
  const bareId = 'bare' in group ? group.bare : undefined;
  const bare = measured.filter(({ id }) => id === bareId);
  if (bareId !== undefined && bare.length === 0) return [];
  const others = measured.filter(
    (arm) => arm.group === group.id && arm.id !== bareId && !isAgain(arm.id),
  );
  return [...bare, ...others];
}

/**
 * @param {Path} path
 * @param {PathResult} result
 * @returns {Table[]}
 */
export function tablesOf(path, result) {
  if (path.kind === 'own') {
    return path.groups.flatMap((group) => {
      const arms = armsOf(path, group, result);
      return arms.length === 0 ? [] : [ownTable(group, arms, result)];
    });
  }
  return path.groups.flatMap((group) => {
    const arms = armsOf(path, group, result);
    if (arms.length === 0) return [];
    if (path.kind === 'time') return [timeTable(path, group, arms, result)];
    if (path.kind === 'bytes') return [bytesTable(group, arms, result)];
    return [inFlightTable(group, arms, result)];
  });
}

/**
 * @param {OwnGroup} group
 * @param {Subject[]} arms
 * @param {PathResult} result
 * @returns {Table}
 */
function ownTable({ title, measures }, arms, result) {
  return {
    title,
    columns: ['', ...measures.map((measure) => measure.title)],
    rows: arms.map(({ id, label }) => [
      label,
      ...measures.map(({ id: measure, unit }) => {
        const values = samples(result, id, measure);
        if (values.length === 0) return '';
        const { median: middle, min, max } = summary(values);
        const spread = min === max ? '' : ` (${shown(min, unit)} to ${shown(max, unit)})`;
        return `${shown(middle, unit)}${spread}`;
      }),
    ]),
  };
}

/**
 * Compares what the path shows: the time beyond bare, or the whole.
 * @param {CallPath} path
 * @param {Group} group
 * @param {Subject[]} arms
 * @param {PathResult} result
 * @returns {Table}
 */
function timeTable({ show }, group, arms, result) {
  const beyond = (/** @type {string} */ id) => net(result, id, group.bare, 'ns');
  const whole = (/** @type {string} */ id) => samples(result, id, 'ns');
  const compared = show === 'net' ? beyond : whole;
  const word = show === 'net' ? 'net' : 'time';
  const ours = arms.find(({ library }) => library === 'holdfast')?.id;
  return {
    title: group.title,
    columns: ['', 'time a call', 'net', `${word} / bare`, `${word} / holdfast's`],
    rows: arms.map(({ id, label }) => {
      const all = time(median(whole(id)));
      if (id === group.bare) return [label, all, '', '', ''];
      return [
        label,
        all,
        time(median(beyond(id))),
        ratios(over(compared(id), whole(group.bare))),
        ours === undefined || id === ours ? '' : ratios(over(compared(id), compared(ours))),
      ];
    }),
  };
}

/**
 * @param {Group} group
 * @param {Subject[]} arms
 * @param {PathResult} result
 * @returns {Table}
 */
function bytesTable(group, arms, result) {
  return {
    title: group.title,
    columns: ['', 'bytes a call', 'net', 'net by mitata'],
    rows: arms.map(({ id, label }) => {
      const all = bytes(median(samples(result, id, 'bytes')));
      if (id === group.bare) return [label, all, '', ''];
      return [
        label,
        all,
        bytes(median(net(result, id, group.bare, 'bytes'))),
        bytes(median(net(result, id, group.bare, 'mitata'))),
      ];
    }),
  };
}

/**
 * @param {Group} group
 * @param {Subject[]} arms
 * @param {PathResult} result
 * @returns {Table}
 */
function inFlightTable(group, arms, result) {
  return {
    title: group.title,
    columns: ['', 'in flight', 'further', 'burst: start', 'burst: settle', 'bytes', 'net bytes'],
    rows: sizesOf(result).flatMap((size) =>
      arms.map(({ id, label }) => {
        const count = size.toLocaleString('en-US');
        const has = result.arms.find((arm) => arm.id === id)?.sizes?.[String(size)];
        if (!has) return [label, count, 'would take minutes', '', '', '', ''];
        const middle = (/** @type {string} */ measure) =>
          median(samples(result, id, measure, size));
        return [
          label,
          count,
          time(middle('further')),
          time(middle('start')),
          time(middle('settle')),
          bytes(middle('bytes')),
          id === group.bare ? '' : bytes(median(net(result, id, group.bare, 'bytes', size))),
        ];
      }),
    ),
  };
}

/**
 * The goals that were measured.
 * @param {string} pathId
 * @param {PathResult} result
 * @param {string} major of the Node that was measured
 */
export function verdictsOf(pathId, result, major) {
  return goals
    .filter(({ path }) => path === pathId)
    .flatMap((goal) => {
      const verdict = judge(goal, result, major);
      if (verdict === undefined) return [];
      const { figure, met } = verdict;
      const show = (/** @type {number} */ value) => goalValue(value, goal.unit);
      const spread = figure.min === figure.max ? '' : `${show(figure.min)} to ${show(figure.max)}`;
      return [{ goal, met, aim: aimOf(goal, major), measured: show(figure.median), spread }];
    });
}

/**
 * @param {import('../types.d.ts').Goal} goal
 * @param {string} major
 */
export function aimOf(goal, major) {
  const limit = limitOf(goal, major);
  return `${goal.sense} ${limit}${goal.unit === 'x' ? ' x' : goal.unit}`;
}

/**
 * @param {number} value
 * @param {string} unit
 */
function goalValue(value, unit) {
  if (unit === 'x') return ratio(value);
  return `${value.toFixed(unit === ' B' || Math.abs(value) >= 100 ? 0 : 1)}${unit}`;
}

/** @param {PathResult} result */
export function noiseText(result) {
  const noise = noiseFloor(result);
  if (noise === undefined) return '';
  const { median: middle, min, max } = noise;
  return `; noise floor: bare measured twice, second over first: ${middle.toFixed(3)} (${min.toFixed(3)} to ${max.toFixed(3)})`;
}

/** @param {PathResult} result */
export function runsText({ runs, quick, date, processes, repeated }) {
  const what = `${runs} ${quick ? 'quick ' : ''}${runs === 1 ? 'run' : 'runs'}`;
  const again =
    processes === undefined || processes === runs
      ? ''
      : `, ${processes} processes, ${repeated ?? 0} measurements repeated`;
  return `${what}${quick ? ', less sure than full ones' : ''}${again}, ${date}`;
}
