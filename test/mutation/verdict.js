import { readFileSync } from 'node:fs';
import { EQUIVALENT } from './equivalent.js';

/** The share of mutants that must be noticed. */
const FLOOR = 0.9;
/** So many may go unnoticed however few there are, so that one in a changed line is no failure. */
const FREE = 1;

/**
 * What a run says: a table of the files, and whether it passes.
 *
 * @param whole Whether each file that was mutated was so as a whole: only then an entry of equivalent.js can be stale.
 */
export function verdictOn(mutants, { whole }) {
  const described = mutants.map((mutant) => ({ ...mutant, ...describe(mutant) }));
  const files = [...new Set(described.map(({ file }) => file))];
  const survivors = described.filter(({ noticed }) => !noticed);
  const unlisted = survivors.filter((each) => !EQUIVALENT.some((entry) => isOf(entry, each)));
  const stale = whole
    ? EQUIVALENT.filter(
        (entry) => files.includes(entry.file) && !survivors.some((each) => isOf(entry, each)),
      )
    : [];
  const rows = files.map((file) => {
    const here = (each) => each.file === file;
    return row(file, described.filter(here), survivors.filter(here), unlisted.filter(here));
  });
  const all = row('in all', described, survivors, unlisted);
  const passed = rows.every(passes) && passes(all) && stale.length === 0;
  return { text: textOf(rows, all, unlisted, stale), survivors: unlisted, passed };
}

/** The changed line as it stands, without what surrounds it, and what became of the changed piece. */
function describe({ file, location: { start, end }, replacement }) {
  const lines = linesOf(file);
  const piece = lines.slice(start.line - 1, end.line);
  piece[piece.length - 1] = piece.at(-1).slice(0, end.column - 1);
  piece[0] = piece[0].slice(start.column - 1);
  return {
    at: start.line,
    line: lines[start.line - 1].trim(),
    change: `${oneLine(piece.join('\n'))} -> ${oneLine(replacement)}`,
  };
}

const sources = new Map();
function linesOf(file) {
  if (!sources.has(file)) sources.set(file, readFileSync(file, 'utf8').split('\n'));
  return sources.get(file);
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
const isOf = (entry, mutant) =>
  entry.file === mutant.file && entry.line === mutant.line && entry.change === mutant.change;

function row(name, mutants, survivors, unlisted) {
  const equivalent = survivors.length - unlisted.length;
  const total = mutants.length - equivalent;
  return { name, total, noticed: total - unlisted.length, equivalent };
}

const scoreOf = ({ total, noticed }) => (total === 0 ? 1 : noticed / total);
const passes = (each) => scoreOf(each) >= FLOOR || each.total - each.noticed <= FREE;

function textOf(rows, all, unlisted, stale) {
  const table = [...rows, all].map((each) => {
    const score = `${(100 * scoreOf(each)).toFixed(1)}%`;
    const listed = each.equivalent === 0 ? '' : `, ${each.equivalent} equivalent`;
    const mark = passes(each) ? '' : `  below ${100 * FLOOR}%`;
    return `${score.padStart(7)}  ${each.name}  (${each.noticed} of ${each.total}${listed})${mark}`;
  });
  const missed = unlisted.map(
    ({ file, at, line, change }) => `${file}:${at}  ${line}\n    ${change}`,
  );
  const old = stale.map(({ file, line, change }) => `${file}  ${line}\n    ${change}`);
  return [
    '',
    ...(missed.length === 0 ? [] : ['Not noticed by any test:', ...missed, '']),
    ...(old.length === 0
      ? []
      : ['Listed in equivalent.js, but noticed or no longer there: take them out.', ...old, '']),
    ...(all.total === 0 ? ['Nothing to mutate.'] : ['Noticed:', ...table]),
  ].join('\n');
}
