/**
 * What is wrong with a value, in words of our own. Messages of schemas quote values, and so do some of their other fields. So nothing of an
 * issue is passed on: its fields are only looked up in the tables here.
 */
import type { SchemaIssue } from '../standard-schema.js';

/** Words for kinds of values that an `expected` may consist of. */
const KINDS: ReadonlySet<string> = new Set(
  (
    'a an or and non-negative positive negative whole string text number boolean integer int bigint symbol undefined null ' +
    'object array list date map set record tuple function nan never void file blob email address uuid url'
  ).split(' '),
);

/** What zod's codes, valibot's types and arktype's codes say. */
const RULES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'is too small': 'too_small min_value min minLength min_size gt_value min_entries',
    'is too short': 'min_length min_graphemes min_bytes min_words non_empty nonempty exactLength',
    'is too big': 'too_big max_value max max_size lt_value max_entries',
    'is too long': 'max_length maxLength max_graphemes max_bytes max_words',
    'is none of the allowed values':
      'invalid_value invalid_enum_value invalid_literal picklist enum literal unit',
    'fits none of the declared forms':
      'invalid_union invalid_union_discriminator union variant discriminated_union',
    'has the wrong format':
      'invalid_format invalid_string regex pattern email uuid url iso_date iso_date_time iso_timestamp iso_time ip ipv4 ipv6 ulid cuid2 nanoid ' +
      'hex_color decimal digits base64 emoji mac bic credit_card imei',
    'has fields that are not declared': 'unrecognized_keys strict_object strict_tuple',
    'is a key of the wrong form': 'invalid_key',
    'is not a multiple of what is declared': 'not_multiple_of multiple_of divisor',
    'is of the wrong length': 'length size entries graphemes bytes words',
    'breaks a rule of its schema': 'custom check raw_check partial_check predicate',
  }).flatMap(([says, codes]) => codes.split(' ').map((code) => [code, says] as const)),
);

type IssueFields = Readonly<Record<'expected' | 'code' | 'type', unknown>>;

/** Says what is wrong. `found` is the value at the place of the issue. */
export function wordsOf(
  issue: SchemaIssue,
  found: { readonly value: unknown } | undefined,
): string {
  const { expected, code, type } = fieldsOf(issue);
  const got = found === undefined ? '' : `, got ${kindOf(found.value)}`;
  const kind = kindIn(expected);
  if (kind !== undefined) return `expected ${kind}${got}`;
  const rule = ruleFor(code) ?? ruleFor(type);
  if (found !== undefined && found.value === undefined) return 'is missing';
  return rule ?? 'is not as its schema declares it';
}

function fieldsOf(issue: SchemaIssue): IssueFields {
  try {
    const { expected, code, type } = issue as unknown as IssueFields;
    return { expected, code, type };
  } catch {
    return { expected: undefined, code: undefined, type: undefined };
  }
}

function ruleFor(code: unknown): string | undefined {
  return typeof code === 'string' ? RULES.get(code) : undefined;
}

/** The text of `expected`, if it consists of words for kinds of values. */
function kindIn(expected: unknown): string | undefined {
  if (typeof expected !== 'string' || expected.length > 100) return undefined;
  const words = expected
    .toLowerCase()
    .split(/[\s|()]+/)
    .filter((word) => word !== '');
  if (words.length === 0 || !words.every((word) => KINDS.has(word))) return undefined;
  // valibot says of a field that a strict object has too much that it is expected to be `never`.
  if (words.includes('never')) return undefined;
  return words
    .filter((word) => !['a', 'an', 'or'].includes(word))
    .join(' or ')
    .replace('non-negative or ', 'non-negative ');
}

/** The kind of a value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'array' : typeof value;
}
