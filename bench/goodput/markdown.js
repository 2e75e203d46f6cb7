// @ts-check

/**
 * A table.
 * @param {readonly string[]} columns
 * @param {readonly (readonly string[])[]} body
 */
export function markdown(columns, body) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...body.map(line)];
}
