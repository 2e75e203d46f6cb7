import { isIdentifier } from './names.js';

/** Characters that are not seen, or that change how text is read. In strings they are written as escapes. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;

/** A string of the document as a literal. Whatever it holds, it stays a string. */
export function literal(text: string): string {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\(.)|'/g, (all, escaped) => (all === "'" ? "\\'" : escaped === '"' ? '"' : all))
    .replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return `'${inner}'`;
}

/** The key of a member in a literal. */
export function key(name: string): string {
  return isIdentifier(name) ? name : literal(name);
}

/** Text of the document for a comment: on one line. It cannot end the comment, and tells no tool what to do. */
export function remark(text: string, most = 300): string {
  const line = text
    .replace(UNSEEN, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replaceAll('*/', '* /')
    .replaceAll('/*', '/ *')
    .replace(/(?<![\w.])@(?=\w)/g, '(at)')
    .replace(/[#@]__|sourceMapping|-(?:ignore|disable|enable)\b/gi, (word) => ` ${word} `)
    .replace(/\/ ?$/, '/ ');
  return line.length > most ? `${line.slice(0, most).trimEnd()} ...` : line;
}
