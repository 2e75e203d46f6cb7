type HeaderRecord = Record<string, string | string[]>;

/**
 * undici's headers in one form, a record. undici also takes a flat list of names and values, and anything that iterates over
 * pairs.
 */
export function headerRecord(headers: unknown): HeaderRecord | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (!(Symbol.iterator in headers)) return { ...(headers as HeaderRecord) };
  const record: HeaderRecord = {};
  if (Array.isArray(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) add(record, headers[i], headers[i + 1]);
  } else {
    for (const [name, value] of headers as Iterable<[unknown, unknown]>) add(record, name, value);
  }
  return record;
}

function add(record: HeaderRecord, name: unknown, value: unknown): void {
  if (value === undefined) return;
  const key = String(name);
  const values = Array.isArray(value) ? value.map(String) : [String(value)];
  const earlier = record[key];
  const all = earlier === undefined ? values : [...[earlier].flat(), ...values];
  record[key] = all.length === 1 ? (all[0] as string) : all;
}
