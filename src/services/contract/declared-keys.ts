/**
 * The names of the fields that a schema declares. Only these may be shown: any other key of a payload may be personal data, such as the keys of
 * a record.
 */

/** Where the schemas of zod, valibot and arktype, and JSON Schemas, keep other schemas. */
const INSIDE = (
  '_zod def _def shape entries properties element items item options innerType in out valueType keyType catchall left right schema ' +
  'wrapped pipe rest key value json required optional index sequence prefix variadic postfix branches $defs additionalProperties anyOf allOf oneOf'
).split(' ');
/** Of these, the ones whose own keys are names of fields. */
const NAMES: ReadonlySet<string> = new Set(['shape', 'entries', 'properties']);
/** Of these, the ones that a lazy schema makes by a function. */
const MADE = ['getter', 'shape'];

const MOST_NODES = 20_000;
const SHOWN = /^[\w$-]{1,64}$/;

const known = new WeakMap<object, ReadonlySet<string>>();

/** The names that a schema declares, anywhere in it. Of a schema of an unknown library there are none. */
export function declaredKeys(schema: unknown): ReadonlySet<string> {
  const root = Object(schema) as object;
  let keys = known.get(root);
  if (keys === undefined) {
    keys = findKeys(root);
    known.set(root, keys);
  }
  return keys;
}

function findKeys(root: object): ReadonlySet<string> {
  const keys = new Set<string>();
  const seen = new Set<unknown>([root]);
  // A set goes on to what is added while it is walked.
  for (const node of seen) {
    if (seen.size > MOST_NODES) break;
    try {
      for (const inner of look(node as object, keys)) seen.add(inner);
    } catch {
      // A schema that cannot be looked into declares nothing that may be shown.
    }
  }
  return keys;
}

function look(node: object, keys: Set<string>): object[] {
  const found: object[] = [];
  const add = (value: unknown): void => {
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
      found.push(value as object);
    }
  };
  if (Array.isArray(node)) {
    node.forEach(add);
    return found;
  }
  const fields = node as Readonly<Record<string, unknown>>;
  for (const name of MADE) {
    const make = fields[name];
    if (typeof make !== 'function') continue;
    const made: unknown = (make as (input: unknown) => unknown)(undefined);
    if (name === 'shape') addNames(made, keys, add);
    else add(made);
  }
  for (const name of INSIDE) {
    const value = fields[name];
    if (NAMES.has(name)) addNames(value, keys, add);
    // arktype lists its fields: { key: 'price', value: … }.
    else if (name === 'key' && typeof value === 'string') keys.add(value);
    else add(value);
  }
  return found;
}

function addNames(fields: unknown, keys: Set<string>, add: (value: unknown) => void): void {
  if (typeof fields !== 'object' || fields === null) return;
  for (const [name, value] of Object.entries(fields)) {
    keys.add(name);
    add(value);
  }
}

/** How a key is shown in a path: by its name if it is declared. */
export function shownKey(key: PropertyKey, keys: ReadonlySet<string>): string {
  return typeof key === 'string' && keys.has(key) && SHOWN.test(key) ? `.${key}` : '.*';
}
