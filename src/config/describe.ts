/** Texts about values nobody trusts: short, and made without running the value's own code twice. */

const MAX_TEXT = 48;

/** A text of at most `MAX_TEXT` characters. */
export function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}

/** A value as it may be shown in a message: literal when it is small, else its kind. */
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

/** What a thrown value says, whatever it is. */
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
