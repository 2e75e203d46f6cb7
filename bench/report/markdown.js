// @ts-check

/**
 * A table.
 * @param {readonly string[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
export function markdown(columns, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)];
}
