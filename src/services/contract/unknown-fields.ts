import { isRecord } from '../query-string.js';
import { declaredKeys, shownKey } from './declared-keys.js';
import { MOST_FAULTS } from './faults.js';
import type { ContractFault } from './report.js';

const MOST_NODES = 50_000;
/** Characters. A payload may be as deep as it likes, and what is told of it goes into logs. */
const LONGEST_PATH = 500;

/**
 * The fields of a value that are not in what a schema made of it. A schema that passes unknown fields on hides them.
 *
 * @param names Whether to tell the names of these fields.
 */
export function unknownFields(
  value: unknown,
  made: unknown,
  schema: unknown,
  names: boolean,
): readonly ContractFault[] {
  const faults = new Map<string, ContractFault>();
  const pairs: [unknown, unknown, string][] = [[value, made, 'body']];
  const keys = declaredKeys(schema);
  // A list instead of recursion, as a payload may be deep.
  for (let i = 0; i < pairs.length && i < MOST_NODES && faults.size < MOST_FAULTS; i++) {
    const [from, to, path] = pairs[i] as [unknown, unknown, string];
    if (path.length > LONGEST_PATH) continue;
    if (Array.isArray(from) && Array.isArray(to)) {
      if (from.length !== to.length) continue;
      from.forEach((each, at) => {
        if (pairs.length < MOST_NODES) pairs.push([each, to[at], `${path}[*]`]);
      });
    } else if (isRecord(from) && isRecord(to)) {
      for (const [key, each] of Object.entries(from)) {
        if (Object.hasOwn(to, key)) {
          pairs.push([each, to[key], path + shownKey(key, keys)]);
        } else {
          const shown = names && /^[\w$-]{1,64}$/.test(key) ? `.${key}` : '.*';
          faults.set(path + shown, { path: path + shown, message: 'is not declared' });
        }
      }
    }
  }
  return [...faults.values()];
}
