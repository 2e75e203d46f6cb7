/** Checks options that are much data of many kinds, by schemas of zod/mini. */
import { describe } from './describe.js';
import { parseOptions } from './validate.js';
import type * as z from './zod.js';

/** As {@link parseOptions}, for schemas of zod/mini that bring no texts of their own. */
export function parseData<S extends z.Schema>(
  schemaOf: () => S,
  input: unknown,
  policy: string,
): z.output<S> {
  return parseOptions(schemaOf, input, policy, undefined, explain);
}

/** Returns the text for an issue whose schema has none of its own. */
function explain(issue: z.RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? `of type ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(describe))}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? '>' : '>=', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? '<' : '<=', issue.maximum);
    case 'invalid_union':
      return 'options' in issue
        ? `must be ${oneOf((issue.options as unknown[]).map(describe))}`
        : undefined;
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'an object with options',
  record: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  function: 'a function',
};

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `must be a string of length ${relation} ${limit}`;
  if (origin === 'array' || origin === 'set') return `must have ${relation} ${limit} items`;
  return `must be ${relation} ${limit}`;
}

function oneOf(options: readonly string[]): string {
  return options.length === 1 ? `${options[0]}` : `one of ${options.join(', ')}`;
}
