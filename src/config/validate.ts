import { ConfigError, type ConfigIssue } from '../errors.js';
import { describe, isPlain, messageOf } from './describe.js';
import type { Hint } from './foreign-names.js';
import { join, toIssues, valueAt } from './issues.js';
import { shapeOf } from './schema-shape.js';
import * as z from './zod.js';

/** No options object has more keys than this. Reading a Proxy with more could take for ever. */
const MAX_KEYS = 1_000;

/**
 * Checks options against a schema and returns them with defaults filled in.
 *
 * The input is read once, and neither kept nor changed. A missing input means no options. Unknown
 * keys are mistakes (use `z.strictObject`).
 *
 * @param schemaOf Makes the schema or returns it: see `once`.
 * @param policy What the options are for: the first part of the path in messages.
 * @param hint Knows what is meant by names that are no options.
 * @param explain Makes the text for an issue whose schema has none.
 * @throws ConfigError for every mistake in the input, and for an input that cannot be read. It never
 * throws anything else.
 */
export function parseOptions<S extends z.Schema>(
  schemaOf: () => S,
  input: unknown,
  policy: string,
  hint?: Hint,
  explain: Explain = saysObject,
): z.output<S> {
  const schema = schemaOf();
  let result: ReturnType<typeof z.check<S>>;
  let options: unknown;
  try {
    options = snapshot(schema, input, policy);
    result = z.check(schema, options, { error: explain, reportInput: true });
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw configError(policy, [
      { path: policy, message: `cannot be read: ${messageOf(thrown)}`, value: input },
    ]);
  }
  if (result.issues.length === 0) return result.value;
  const issues = result.issues.flatMap((issue) =>
    toIssues(located(issue, options), schema, policy, hint),
  );
  throw configError(policy, issues);
}

type Explain = (issue: z.RawIssue) => string | undefined;

/** The only values whose schemas have no text of their own are objects. */
const saysObject: Explain = ({ code }) =>
  code === 'invalid_type' ? 'must be an object with options' : undefined;

/** Copies each own property once into a new object, so that the values that are checked are the ones used. */
function snapshot(schema: z.Schema, input: unknown, policy: string): unknown {
  const wantsObject = shapeOf(schema) !== undefined;
  if (input === undefined && wantsObject) return Object.create(null);
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
  // Without a prototype, `__proto__` is an unknown key like any other.
  const copy = Object.create(null) as Record<PropertyKey, unknown>;
  for (const key of keys) {
    try {
      copy[key] = (input as Record<PropertyKey, unknown>)[key];
    } catch (thrown) {
      const message = `cannot be read: ${messageOf(thrown)}`;
      throw configError(policy, [{ path: join(policy, [key]), message, value: undefined }]);
    }
  }
  return copy;
}

/** A rule about several options names one of them in its path. The message shows the value of that one. */
function located(issue: z.Issue, options: unknown): z.Issue {
  const key = issue.path[0];
  if (issue.code !== 'custom' || issue.path.length !== 1 || key === undefined) return issue;
  return { ...issue, input: valueAt(options, key) };
}

/** One error for all of these issues. */
export function configError(
  policy: string,
  issues: readonly ConfigIssue[],
  what = 'options are wrong',
): ConfigError {
  const lines = issues.map(line);
  const message =
    lines.length === 1
      ? `${lines[0]}`
      : `${policy}: ${lines.length} ${what}\n${lines.map((text) => `- ${text}`).join('\n')}`;
  const first = issues[0];
  return new ConfigError(message, { path: first?.path, value: first?.value, issues, policy });
}

function line({ path, message, value }: ConfigIssue): string {
  const showsValue = value !== undefined && !/^(?:unknown option|cannot be read)/.test(message);
  return `${path}: ${message}${showsValue ? ` (got ${describe(value)})` : ''}`;
}
