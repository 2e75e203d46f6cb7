/** Header fields in any form in which a server or a client of Node, of the web or of a worker has them. */
type Fields = Iterable<unknown> & { get?: unknown };

/**
 * All values of one header, in any form of headers: an object with `get` (a Headers, the Metadata of gRPC), a record (of strings, or arrays of them), a Map, pairs, and undici's and
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
  if (typeof get === 'function' && !(headers instanceof Map))
    return [get.call(headers, name)].flat();
  const found: unknown[] = [];
  const look = (key: unknown, value: unknown): void => {
    const text = textOf(key);
    if (text.length === name.length && text.toLowerCase() === name) found.push(value);
  };
  if (Symbol.iterator in headers) {
    for (const [key, value] of pairsOf(headers as Fields)) look(key, value);
  } else {
    for (const key of Object.keys(headers)) look(key, (headers as Record<string, unknown>)[key]);
  }
  return found.flat();
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
