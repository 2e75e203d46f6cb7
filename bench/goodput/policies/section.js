// @ts-check
/**
 * The part of the page about single policies, and the same in the terminal.
 *
 * @module
 */

import { markdown } from '../markdown.js';
import { figureOver, figuresOf, judge, textOf } from './figures.js';
import { parts } from './index.js';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('./types.d.ts').Figures} Figures */
/** @typedef {import('./types.d.ts').Part} Part */
/** @typedef {import('./types.d.ts').PolicyResults} PolicyResults */

/** @param {PolicyResults | undefined} results */
export function policiesOf(results) {
  const found = results ?? {};
  const shown = parts.filter(({ comparisons }) => comparisons.some(({ id }) => id in found));
  if (shown.length === 0) return [];
  return [
    '## Policies beside `standard()`',
    '',
    'What single policies do in the situations that they are for: the same calls without and with them. Shares and latencies are means of the seeds, times are those of the worst seed.',
    '',
    ...shown.flatMap((part) => partOf(part, found)),
  ];
}

/**
 * @param {Part} part
 * @param {PolicyResults} results
 */
function partOf({ title, page, comparisons }, results) {
  return [
    `### ${title}`,
    '',
    `[${page}](${page})`,
    '',
    ...comparisons.flatMap((comparison) => {
      const arms = results[comparison.id];
      return arms === undefined ? [] : sectionOf(comparison, arms);
    }),
  ];
}

/**
 * @param {Comparison} comparison
 * @param {Record<string, Figures[]>} arms
 */
function sectionOf(comparison, arms) {
  const { title, about, arms: compared } = comparison;
  const body = figuresOf(comparison).map((figure) => [
    figure.words,
    ...compared.map(({ id }) => textOf(figure.unit, figureOver(figure, arms[id] ?? []))),
    verdictOf(comparison, arms, figure.id),
  ]);
  const heads = compared.map(({ label }) => label);
  return [`**${title}.** ${about}`, '', ...markdown(['', ...heads, 'goal'], body), ''];
}

/**
 * The goals of one figure, and whether they are met.
 * @param {Comparison} comparison
 * @param {Record<string, Figures[]>} arms
 * @param {string} figure
 */
function verdictOf(comparison, arms, figure) {
  return comparison.goals
    .filter((goal) => goal.figure === figure)
    .map((goal) => {
      const { figure: of, least, most, met } = judge(goal, comparison, arms);
      const limits = [
        ...(least > -Infinity ? [`≥ ${textOf(of.unit, least)}`] : []),
        ...(most < Infinity ? [`≤ ${textOf(of.unit, most)}`] : []),
      ];
      const label = comparison.arms.find(({ id }) => id === goal.arm)?.label ?? goal.arm;
      return `${label} ${limits.join(', ')}: ${met ? 'met' : '**missed**'}`;
    })
    .join('; ');
}

/**
 * One comparison for the terminal.
 * @param {Comparison} comparison
 * @param {PolicyResults} results
 */
export function linesOf(comparison, results) {
  const arms = results[comparison.id] ?? {};
  return [
    comparison.title,
    ...comparison.arms.map(({ id }) => {
      const cells = figuresOf(comparison).map(
        (figure) => `${figure.id} ${textOf(figure.unit, figureOver(figure, arms[id] ?? []))}`,
      );
      return `  ${id.padEnd(16)} ${cells.join(' | ')}`;
    }),
    ...comparison.goals.map((goal) => {
      const { figure, value, met } = judge(goal, comparison, arms);
      const word = met ? 'met' : 'MISSED';
      return `  goal ${goal.arm} ${goal.figure} ${textOf(figure.unit, value)}: ${word}`;
    }),
  ];
}
