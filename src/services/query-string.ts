import { isWellFormed } from './path-template.js';

/** Tells what is wrong, and at which of the query's fields. */
export type FieldFault = (name: string, message: string) => void;

/**
 * A query as text, with its `?`; an empty text if there is nothing in it. Arrays become repeated keys, dates ISO texts, and `undefined`
 * is left out.
 */
export function queryString(query: unknown, fault: FieldFault): string {
  if (query === undefined) return '';
  if (!isRecord(query)) {
    fault('', 'must be an object');
    return '';
  }
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const each of all) {
      if (each === undefined) continue;
      const text = textOf(each);
      if (text === undefined || !isWellFormed(text) || !isWellFormed(name)) {
        fault(name, 'must be a text, a number, a boolean, a date, or an array of these');
        break;
      }
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
    }
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? value.toISOString()
        : undefined;
  }
}

/** Whether a value is an object with fields of its own, and no list, Headers or URLSearchParams, whose fields nobody would see. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}
