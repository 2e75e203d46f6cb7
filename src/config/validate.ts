import type * as z from 'zod';
import { ConfigError, type ConfigIssue } from '../errors.js';
import { describe, isPlain, messageOf, shorten } from './describe.js';
import { nearest } from './nearest.js';

type AnySchema = z.core.$ZodType;
type RawIssue = z.core.$ZodIssue;

/** More keys than any options object has; reading a Proxy with more could take for ever. */
const MAX_KEYS = 1_000;

/**
 * Checks options against a schema and returns them with defaults filled in.
 *
 * The input is read once, and neither kept nor changed; leaving it out means no options. Unknown
 * keys are mistakes (use `z.strictObject`).
 *
 * @param policy What the options are for: the first part of the path in messages.
 * @throws ConfigError for every mistake in the input, and for an input that cannot be read; never
 * anything else.
 */
export function parseOptions<S extends z.ZodType>(
  schema: S,
  input: unknown,
  policy: string,
): z.output<S> {
  let result: z.ZodSafeParseResult<z.output<S>>;
  try {
    const options = snapshot(schema, input, policy);
    result = schema.safeParse(options, { error: explain, reportInput: true });
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw configError(policy, [
      { path: policy, message: `cannot be read: ${messageOf(thrown)}`, value: input },
    ]);
  }
  if (result.success) return result.data;
  throw configError(
    policy,
    result.error.issues.flatMap((issue) => toIssues(issue, schema, policy)),
  );
}

/** Reads each own property once into an object of our own, so that what was checked is what is used. */
function snapshot(schema: AnySchema, input: unknown, policy: string): unknown {
  const wantsObject = shapeOf(schema) !== undefined;
  if (input === undefined && wantsObject) return {};
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  if (!isPlain(input)) {
    if (!wantsObject) return input;
    const message = 'must be a plain object with options';
    throw configError(policy, [{ path: policy, message, value: input }]);
  }
  const keys = Reflect.ownKeys(input);
  if (keys.length > MAX_KEYS) {
    const message = 'must be an object with options; this has too many keys';
    throw configError(policy, [{ path: policy, message, value: input }]);
  }
  const copy: Record<string, unknown> = {};
  for (const key of keys) {
    if (typeof key !== 'string') continue;
    let value: unknown;
    try {
      value = (input as Record<string, unknown>)[key];
    } catch (thrown) {
      const message = `cannot be read: ${messageOf(thrown)}`;
      throw configError(policy, [{ path: join(policy, [key]), message, value: undefined }]);
    }
    // Not an assignment: `__proto__` is to be an unknown key like any other.
    Object.defineProperty(copy, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

/** Texts for issues whose schema brings none of its own. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? `of type ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(describe))}`;
    case 'too_small':
      return `must be ${bound(issue.origin, issue.inclusive === false ? '>' : '>=', issue.minimum)}`;
    case 'too_big':
      return `must be ${bound(issue.origin, issue.inclusive === false ? '<' : '<=', issue.maximum)}`;
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'an object with options',
  record: 'an object',
  array: 'an array',
  string: 'a text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  function: 'a function',
};

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `a text of length ${relation} ${limit}`;
  if (origin === 'array' || origin === 'set') return `an ${origin} with ${relation} ${limit} items`;
  return `${relation} ${limit}`;
}

function oneOf(options: readonly string[]): string {
  return options.length === 1 ? `${options[0]}` : `one of ${options.join(', ')}`;
}

function toIssues(issue: RawIssue, schema: AnySchema, base: string): ConfigIssue[] {
  const path = join(base, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = Object.keys(shapeOf(schemaAt(schema, issue.path)) ?? {});
      return issue.keys.map((key) => ({
        path: join(path, [key]),
        message: unknownOption(key, known),
        value: valueAt(issue.input, key),
      }));
    }
    case 'invalid_union': {
      const branch = closestBranch(issue);
      if (branch !== undefined) return branch.flatMap((inner) => toIssues(inner, schema, path));
      return [{ path, message: unionMessage(issue), value: issue.input }];
    }
    default:
      return [{ path, message: issue.message, value: issue.input }];
  }
}

/** The branch that took the value and found fault only inside of it: that is the one meant. */
function closestBranch(issue: z.core.$ZodIssueInvalidUnion): RawIssue[] | undefined {
  const inside = issue.errors.filter(
    (branch) =>
      branch.length > 0 &&
      branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
  );
  return inside.length === 1 ? inside[0] : undefined;
}

function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  if (!issue.message.startsWith('Invalid input')) return issue.message;
  const texts = new Set(issue.errors.map((branch) => branch[0]?.message ?? '').filter(Boolean));
  if (texts.size === 0) return 'is not one of the allowed forms';
  return [...texts]
    .map((text, i) => (i === 0 ? text : text.replace(/^must be /, '')))
    .join(', or ');
}

function unknownOption(key: string, known: readonly string[]): string {
  const said = `unknown option ${JSON.stringify(shorten(key))}`;
  const meant = nearest(key, known);
  if (meant !== undefined) return `${said}: did you mean "${meant}"?`;
  return known.length === 0 ? said : `${said}; the options are ${known.join(', ')}`;
}

function valueAt(input: unknown, key: string): unknown {
  try {
    return (input as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function join(base: string, path: readonly PropertyKey[]): string {
  let text = base;
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$]{1,64}$/.test(String(part))) text += `.${String(part)}`;
    else text += `[${describe(part)}]`;
  }
  return text;
}

/** The definition behind optional, default, refinement and the like. */
function unwrap(schema: AnySchema | undefined): z.core.$ZodTypeDef & Record<string, unknown> {
  let def = (schema?._zod.def ?? { type: 'unknown' }) as z.core.$ZodTypeDef &
    Record<string, unknown>;
  for (;;) {
    const inner = (def['innerType'] ?? (def.type === 'pipe' ? def['in'] : undefined)) as
      | AnySchema
      | undefined;
    if (inner === undefined) return def;
    def = inner._zod.def as typeof def;
  }
}

function shapeOf(schema: AnySchema | undefined): Readonly<Record<string, AnySchema>> | undefined {
  const def = unwrap(schema);
  return def.type === 'object' ? (def['shape'] as Record<string, AnySchema>) : undefined;
}

function schemaAt(schema: AnySchema, path: readonly PropertyKey[]): AnySchema | undefined {
  let at: AnySchema | undefined = schema;
  for (const part of path) {
    const def = unwrap(at);
    if (def.type === 'array') at = def['element'] as AnySchema;
    else at = shapeOf(at)?.[String(part)];
  }
  return at;
}

function configError(policy: string, issues: readonly ConfigIssue[]): ConfigError {
  const lines = issues.map(line);
  const message =
    lines.length === 1
      ? `${lines[0]}`
      : `${policy}: ${lines.length} options are wrong\n${lines.map((text) => `- ${text}`).join('\n')}`;
  const first = issues[0];
  return new ConfigError(message, { path: first?.path, value: first?.value, issues, policy });
}

function line({ path, message, value }: ConfigIssue): string {
  if (message.startsWith('unknown option') || message.startsWith('cannot be read')) {
    return `${path}: ${message}`;
  }
  return `${path}: ${message} (got ${describe(value)})`;
}
