/** What the text of a GraphQL document says about its operations. It reads no more of the language than that takes. */

/** What an operation does. */
export type GraphqlKind = 'query' | 'mutation' | 'subscription';

/** An operation of a document. */
export interface DocumentOperation {
  readonly kind: GraphqlKind;
  readonly name: string | undefined;
}

const KINDS: ReadonlySet<string> = new Set(['query', 'mutation', 'subscription']);
const NAME = /[_A-Za-z][_0-9A-Za-z]*/y;
const LINE_END = /[\n\r]/g;
/** What ends a string, or is escaped in it. */
const IN_STRING = /["\\\n\r]/g;
const BLOCK = '"""';
const CLOSED_BY: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Where in a document the reader is, outside of all brackets.
 *
 * - `definition`: a definition begins
 * - `named`: after the word for an operation, where its name may come
 * - `head`: before the selection set
 */
type Place = 'definition' | 'named' | 'head';

/**
 * The operations of a document, in their order. `undefined` for a text that no server can run: it does not end where it should, or has
 * definitions of types. It never throws, and takes a time that grows with the length of the text.
 */
export function operationsIn(text: string): readonly DocumentOperation[] | undefined {
  const operations: DocumentOperation[] = [];
  const open: string[] = [];
  let place: Place = 'definition';
  let kind: GraphqlKind | undefined;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '#') {
      at = lineEnd(text, at);
    } else if (char === '"') {
      at = stringEnd(text, at);
      if (at < 0) return undefined;
    } else if (char in CLOSED_BY) {
      if (open.length === 0 && char === '{') {
        if (place === 'definition') kind = 'query';
        if (place !== 'head' && kind !== undefined) operations.push({ kind, name: undefined });
        place = 'definition';
        kind = undefined;
      } else if (open.length === 0) {
        if (place === 'definition') return undefined;
        if (place === 'named' && kind !== undefined) operations.push({ kind, name: undefined });
        place = 'head';
      }
      open.push(CLOSED_BY[char] as string);
      at++;
    } else if (char === ')' || char === ']' || char === '}') {
      if (open.pop() !== char) return undefined;
      at++;
    } else {
      const name = nameAt(text, at);
      at += name?.length ?? 1;
      if (open.length > 0) continue;
      if (name === undefined) {
        if (isIgnored(char)) continue;
        if (place === 'definition') return undefined;
        // A directive of an operation without a name.
        if (place === 'named' && kind !== undefined) operations.push({ kind, name: undefined });
        place = 'head';
      } else if (place === 'definition') {
        if (KINDS.has(name)) kind = name as GraphqlKind;
        else if (name !== 'fragment') return undefined;
        place = kind === undefined ? 'head' : 'named';
      } else if (place === 'named') {
        if (kind !== undefined) operations.push({ kind, name });
        place = 'head';
      }
    }
  }
  return open.length === 0 && place === 'definition' ? operations : undefined;
}

/**
 * The operation of a document that a server runs.
 *
 * @param name Which of several. Without it, or if there is none of that name, only what all of them are is known.
 */
export function operationOf(text: string, name: string | undefined): DocumentOperation | undefined {
  const operations = operationsIn(text) ?? [];
  const named = operations.filter((each) => each.name === name);
  const candidates = named.length === 0 ? operations : named;
  const [first] = candidates;
  if (first === undefined || candidates.some(({ kind }) => kind !== first.kind)) return undefined;
  return candidates.length === 1 ? first : { kind: first.kind, name };
}

function isIgnored(char: string): boolean {
  return char === ',' || char === '\uFEFF' || /\s/.test(char);
}

function nameAt(text: string, at: number): string | undefined {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0];
}

function lineEnd(text: string, at: number): number {
  LINE_END.lastIndex = at;
  return LINE_END.exec(text)?.index ?? text.length;
}

/** Where the string that begins here ends; -1 if it does not. */
function stringEnd(text: string, at: number): number {
  if (text.startsWith(BLOCK, at)) return blockEnd(text, at + BLOCK.length);
  for (let from = at + 1; ; ) {
    IN_STRING.lastIndex = from;
    const found = IN_STRING.exec(text);
    if (found === null) return -1;
    if (found[0] === '"') return found.index + 1;
    if (found[0] !== '\\') return -1;
    from = found.index + 2;
  }
}

function blockEnd(text: string, start: number): number {
  for (let from = start; ; ) {
    const end = text.indexOf(BLOCK, from);
    if (end < 0) return -1;
    from = end + BLOCK.length;
    if (end === start || text.charAt(end - 1) !== '\\') return from;
  }
}
