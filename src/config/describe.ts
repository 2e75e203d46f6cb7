/** Describes values that nobody trusts. The texts are short, and no code of the value runs twice. */

const MAX_TEXT = 48;

/** Cuts a text to at most `MAX_TEXT` characters. */
export function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}

/** Describes a value for a message: literally when it is small, otherwise by its kind. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(shorten(value));
    case 'bigint':
      return value < 10n ** 30n && value > -(10n ** 30n) ? `${value}n` : 'a huge bigint';
    case 'symbol':
      return shorten(String(value));
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  try {
    if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
    if (isPlain(value)) return Reflect.ownKeys(value).length === 0 ? '{}' : 'an object';
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
    if (typeof name === 'string' && name !== '') return `an instance of ${shorten(name)}`;
  } catch {
    // A revoked proxy or a getter that throws: it is still an object.
  }
  return 'an object';
}

/** Whether it is an object literal (of any realm) or has no prototype. May throw for a Proxy. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Returns the message of a thrown value, whatever the value is. */
export function messageOf(thrown: unknown): string {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
      const { message } = thrown;
      if (typeof message === 'string') return shorten(message);
    }
  } catch {
    // Its message cannot be read either.
  }
  return describe(thrown);
}
