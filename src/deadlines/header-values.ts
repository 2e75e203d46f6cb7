/** Header fields in any form in which a server or a client of Node, of the web or of a worker has them. */
type Fields = Iterable<unknown> & { get?: unknown };

/**
 * All values of one header, in any form of headers: an object with `get`, a record (of strings, or arrays of them), a Map, pairs, and undici's and
 * Node's flat lists of names and values, also as bytes. Values that were joined by commas are taken apart.
 *
 * @param name In lower case.
 */
export function valuesOf(headers: object, name: string): string[] {
  return fieldsOf(headers, name)
    .filter((value) => value !== undefined && value !== null)
    .flatMap((value) => textOf(value).split(','))
    .map((value) => value.trim());
}

function fieldsOf(headers: object, name: string): unknown[] {
  const { get } = headers as Fields;
  // A Map is told apart: it knows names only as they were written.
  if (typeof get === 'function' && !(headers instanceof Map)) return [get.call(headers, name)];
  const entries = Symbol.iterator in headers ? pairsOf(headers as Fields) : Object.entries(headers);
  return entries
    .filter(([key]) => textOf(key).toLowerCase() === name)
    .flatMap(([, value]) => value);
}

function pairsOf(fields: Iterable<unknown>): unknown[][] {
  const list = Array.from(fields);
  if (list.every((each) => Array.isArray(each))) return list as unknown[][];
  const pairs: unknown[][] = [];
  for (let i = 0; i + 1 < list.length; i += 2) pairs.push([list[i], list[i + 1]]);
  return pairs;
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  // Bytes, as undici has them. Anything else is no value of a header.
  return value instanceof Uint8Array ? String.fromCharCode(...value.subarray(0, 256)) : '';
}
