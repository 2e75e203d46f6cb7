/** Words that a name in the written file must not be, or that would change what the file means. */
const RESERVED = new Set(
  (
    'abstract any arguments as async await bigint boolean break case catch class const constructor continue debugger declare ' +
    'default defineService delete do else enum eval export exports extends false finally for from function get global if ' +
    'implements import in infer instanceof interface keyof let module NaN Infinity never new null number object Object of package private ' +
    'protected public RegExp require return set static string super switch symbol this throw true try type typeof unchecked ' +
    'undefined unique unknown var void while with yield z StandardSchema Promise'
  ).split(' '),
);

/** What separates words in a name. Characters beyond the first plane are left out, because compilers differ in which of them they know. */
const BETWEEN = /(?:[^\p{ID_Continue}]|[\u{10000}-\u{10FFFF}])+/u;

export function isIdentifier(text: string): boolean {
  return (
    /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(text) && !/[\u{10000}-\u{10FFFF}]/u.test(text)
  );
}

/** `GET order-by id` as `getOrderById`. A name that is an identifier already stays. */
export function camelCase(text: string, otherwise: string): string {
  const name = joined(text, otherwise);
  return isIdentifier(text) ? name : name.charAt(0).toLowerCase() + name.slice(1);
}

/** `order-line` as `OrderLine`. A name that is an identifier already stays. */
export function pascalCase(text: string, otherwise: string): string {
  const name = joined(text, otherwise);
  return isIdentifier(text) ? name : name.charAt(0).toUpperCase() + name.slice(1);
}

function joined(text: string, otherwise: string): string {
  if (isIdentifier(text)) return text;
  const words = text.split(BETWEEN).filter((word) => word !== '');
  const name = words
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  if (name === '') return otherwise;
  return isIdentifier(name) ? name : `_${name}`;
}

/** Gives each thing a name that nothing else has. */
export class Names {
  readonly #taken: Set<string>;
  readonly #avoid: ReadonlySet<string>;

  /** @param avoid Names that are not to be given. */
  constructor(avoid: Iterable<string> = RESERVED) {
    this.#avoid = new Set(avoid);
    this.#taken = new Set();
  }

  /** The name itself if it is free, and otherwise one with the suffix or a number. */
  give(wanted: string, suffix = ''): string {
    const base = this.#avoid.has(wanted) ? `${wanted}${suffix === '' ? '_' : suffix}` : wanted;
    let name = base;
    for (let n = 2; this.#taken.has(name) || this.#avoid.has(name); n += 1) name = `${base}${n}`;
    this.#taken.add(name);
    return name;
  }
}

/** What no operation may be called: objects with such members are taken for something else. */
export const RESERVED_OPERATIONS: readonly string[] =
  'then catch finally toJSON toString valueOf constructor prototype hasOwnProperty __proto__'.split(
    ' ',
  );
