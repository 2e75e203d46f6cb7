/** Turns zod's issues into texts. They say what is wrong, where, and what would be right. */

import type { ConfigIssue } from '../errors.js';
import { describe, shorten } from './describe.js';
import type { Hint } from './foreign-names.js';
import { nearest } from './nearest.js';
import { knownKeys, schemaAt } from './schema-shape.js';
import type * as z from './zod.js';
import { isOfWholeValue } from './zod.js';

type AnySchema = z.Schema;
type RawIssue = z.Issue;

/**
 * Turns an issue of zod into one or more of ours.
 *
 * @param schema The schema of what is at `base`, the path at which it was applied.
 * @param hint What is known about names that are no options.
 */
export function toIssues(
  issue: RawIssue,
  schema: AnySchema | undefined,
  base: string,
  hint: Hint | undefined,
): ConfigIssue[] {
  const path = join(base, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schemaAt(schema, issue.path));
    return issue.keys.map((key) => ({
      path: join(path, [key]),
      message: unknownOption(key, known, valueAt(issue.input, key), hint),
      value: valueAt(issue.input, key),
    }));
  }
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue);
    if (branch !== undefined) {
      const inside = schemaAt(schema, issue.path);
      return branch.flatMap((inner) => toIssues(inner, inside, path, hint));
    }
  }
  const text = issue.code === 'invalid_union' ? unionMessage(issue) : issue.message;
  const value = wrongValue(issue);
  const missing = value === undefined && (issue.code !== 'custom' || isOfWholeValue(issue));
  return [{ path, message: missing ? `${text}, and is missing` : text, value }];
}

/** The value at the path of an issue. That is not the input if an option that says which form is meant is wrong. */
function wrongValue(issue: RawIssue): unknown {
  const named = 'discriminator' in issue ? issue.discriminator : undefined;
  return named === undefined ? issue.input : valueAt(issue.input, named as string);
}

/** Picks a form of those that took the value and found faults only inside it: the one with the fewest faults. */
function closestBranch(issue: z.UnionIssue): RawIssue[] | undefined {
  return issue.errors
    .filter((branch) =>
      branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    )
    .sort((a, b) => a.length - b.length)[0];
}

function unionMessage(issue: z.UnionIssue): string {
  if (!issue.message.startsWith('Invalid input')) return issue.message;
  const texts = new Set(
    issue.errors.flatMap((branch) => branch.slice(0, 1).map((first) => first.message)),
  );
  if (texts.size === 0) return 'is not one of the allowed forms';
  return [...texts]
    .map((text, i) => (i === 0 ? text : text.replace(/^must be /, '')))
    .join(', or ');
}

function unknownOption(key: string, known: readonly string[], value: unknown, hint?: Hint): string {
  const said = `unknown option ${JSON.stringify(shorten(key))}`;
  const told = hint?.(key, known, value);
  if (told !== undefined) return said + told;
  const meant = nearest(key, known);
  if (meant !== undefined) return `${said}: did you mean "${meant}"?`;
  return known.length === 0 ? said : `${said}; the options are ${known.join(', ')}`;
}

/** Reads a property. `undefined` if it cannot be read. */
export function valueAt(input: unknown, key: PropertyKey): unknown {
  try {
    return (input as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** Appends the steps of a path to `base`, as in code: `retry.steps[0].after`. */
export function join(base: string, path: readonly PropertyKey[]): string {
  let text = base;
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$]{1,64}$/.test(String(part))) text += `.${String(part)}`;
    else text += `[${describe(part)}]`;
  }
  return text;
}
