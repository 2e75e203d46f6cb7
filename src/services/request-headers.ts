import { type FieldFault, isRecord } from './query-string.js';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What a header's value may have: no line break, and no character outside of Latin-1. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of a request, with names in lower case. `undefined` is left out. */
export function headersOf(given: unknown, fault: FieldFault): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  if (given === undefined) return headers;
  if (!isRecord(given)) {
    fault('', 'must be an object');
    return headers;
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!NAME.test(name)) {
      fault(name, 'must have the name of a header');
    } else if (!['string', 'number', 'boolean'].includes(typeof value)) {
      fault(name, 'must be a text, a number or a boolean');
    } else if (!VALUE.test(String(value))) {
      fault(name, 'must have no line break, and only characters of Latin-1');
    } else {
      headers[name.toLowerCase()] = String(value);
    }
  }
  return headers;
}
