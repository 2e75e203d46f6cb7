import type { HeadersSource } from '../types.js';

/** The header by which a server recognises a request it has already served. */
export const IDEMPOTENCY_KEY = 'idempotency-key';

/** Headers as pairs: a form that every fetch takes, and no class of any implementation. */
export type HeaderPairs = [name: string, value: string][];

type HeaderRecord = Readonly<Record<string, unknown>>;

interface HasGet {
  get(name: string): unknown;
}

function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

/** A Map also has `get`, but is case-sensitive. So it is read as pairs, by iteration. */
function hasGet(headers: object): headers is HasGet {
  return typeof (headers as Partial<HasGet>).get === 'function' && !(headers instanceof Map);
}

function hasForEach(
  headers: object,
): headers is { forEach(callback: (value: string, name: string) => void): void } {
  return hasGet(headers) && typeof (headers as { forEach?: unknown }).forEach === 'function';
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'number' ? String(value) : undefined;
}

/**
 * Reads one header from headers in any form: a Headers object of any implementation, an array
 * of pairs, a Map, a plain record with names in any case. Several values come joined by `, `.
 *
 * @returns `undefined` when it is not there. An iterator can be read only once, so it is not
 * read here: call {@link keepHeaders} first.
 */
export function readHeader(
  headers: HeadersSource | null | undefined,
  name: string,
): string | undefined {
  if (headers === null || headers === undefined) return undefined;
  if (hasGet(headers)) return textOf(headers.get(name));
  if (isIterable(headers)) {
    return isReiterable(headers) ? readPairs(headers, name) : undefined;
  }
  return readRecord(headers as HeaderRecord, name);
}

function isReiterable(headers: Iterable<unknown>): boolean {
  return Array.isArray(headers) || headers instanceof Map;
}

function readPairs(pairs: Iterable<unknown>, name: string): string | undefined {
  let found: string | undefined;
  for (const pair of pairs) {
    if (!Array.isArray(pair) || String(pair[0]).toLowerCase() !== name) continue;
    const value = textOf(pair[1]);
    if (value !== undefined) found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}

function readRecord(record: HeaderRecord, name: string): string | undefined {
  let found: string | undefined;
  for (const key of Object.keys(record)) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    const value = textOf(record[key]);
    if (value !== undefined) found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}

/**
 * A copy of the headers that neither the caller's later changes nor an attempt's reading can alter.
 * fetch reads its headers when it is called, so every attempt has to send what they were at the call.
 * A Headers object or another iterable becomes pairs, a record stays a record.
 */
export function keepHeaders(headers: HeadersSource): HeaderPairs | HeaderRecord {
  if (isIterable(headers)) {
    // Something that is no pair stays as it is: fetch says what is wrong with it.
    return Array.from(headers, (pair) =>
      Array.isArray(pair) ? pair.slice() : pair,
    ) as HeaderPairs;
  }
  if (hasForEach(headers)) {
    const pairs: HeaderPairs = [];
    headers.forEach((value, name) => {
      pairs.push([name, value]);
    });
    return pairs;
  }
  return { ...(headers as HeaderRecord) };
}

/**
 * A copy of the headers with `name` (lower case) set to `value`. It replaces the header in any case.
 * The given headers do not change. An iterator has to be {@link keepHeaders | kept} first.
 */
export function withHeader(
  headers: HeadersSource | null | undefined,
  name: string,
  value: string,
): HeaderPairs | HeaderRecord {
  if (headers === null || headers === undefined) return { [name]: value };
  const copy = withoutHeader(headers, name);
  if (Array.isArray(copy)) copy.push([name, value]);
  else (copy as Record<string, unknown>)[name] = value;
  return copy;
}

/** A copy of the headers without `name` (lower case), in any case. Otherwise the same as {@link withHeader}. */
export function withoutHeader(headers: HeadersSource, name: string): HeaderPairs | HeaderRecord {
  const copy = keepHeaders(headers);
  if (Array.isArray(copy)) return copy.filter((pair) => String(pair[0]).toLowerCase() !== name);
  const record = copy as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    if (key.toLowerCase() === name) delete record[key];
  }
  return record;
}
