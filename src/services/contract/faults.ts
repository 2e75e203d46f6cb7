import type { AnySchema } from '../declaration.js';
import type { SchemaIssue } from '../standard-schema.js';
import { declaredKeys, shownKey } from './declared-keys.js';
import type { ContractFault } from './report.js';
import { wordsOf } from './words.js';

/** More faults of one value tell nothing new. */
export const MOST_FAULTS = 20;
const LONGEST_PATH = 32;

/** What the issues of a schema say about a value, without anything of the value. */
export function faultsOf(
  issues: readonly SchemaIssue[],
  schema: AnySchema,
  value: unknown,
  root: string,
): readonly ContractFault[] {
  const keys = declaredKeys(schema);
  const faults = new Map<string, ContractFault>();
  for (const issue of issues) {
    const { path, found } = placeOf(issue, keys, value, root);
    const message = wordsOf(issue, found);
    faults.set(`${path}: ${message}`, { path, message });
    if (faults.size >= MOST_FAULTS) break;
  }
  return [...faults.values()];
}

interface Place {
  readonly path: string;
  /** The value there, if the path leads to one. */
  readonly found: { readonly value: unknown } | undefined;
}

/** Follows the path of an issue through the value. */
function placeOf(
  issue: SchemaIssue,
  keys: ReadonlySet<string>,
  value: unknown,
  root: string,
): Place {
  let path = root;
  let at = value;
  let isThere = true;
  for (const key of keysOf(issue).slice(0, LONGEST_PATH)) {
    path += isIndexOf(at, key) ? `[${String(key)}]` : shownKey(key, keys);
    isThere &&= typeof at === 'object' && at !== null;
    at = isThere ? (at as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return { path, found: isThere ? { value: at } : undefined };
}

function isIndexOf(value: unknown, key: PropertyKey): boolean {
  return Array.isArray(value) && /^\d{1,9}$/.test(String(key)) && Number(key) < value.length;
}

function keysOf({ path }: SchemaIssue): PropertyKey[] {
  if (path === undefined || path === null) return [];
  return Array.from(path, (step) =>
    typeof step === 'object' && step !== null ? step.key : step,
  ).map((key) => (typeof key === 'symbol' ? key : typeof key === 'number' ? key : String(key)));
}
