/**
 * How the copies of this package in one process know what each other has made. A process may have loaded it twice: installed in two
 * places, bundled into something, or once as source and once built. Classes and private fields are then not the same;
 * `Symbol.for` answers the same symbol to all.
 */

/** The version of this package. */
export const VERSION = '0.1.0';

/**
 * The contract between policies, pipelines and clients, what is internal of it included. It goes up with a change after which
 * a copy from before and one from now cannot work with what the other has made.
 */
export const CONTRACT = 1;

/** What every policy and pipeline of this package says of itself. */
export interface Mark {
  /** What it is, such as `retry` or `pipeline`. */
  readonly kind: string;
  readonly contract: number;
  readonly version: string;
}

/** Where it says so. */
export const MARK = Symbol.for('holdfast.mark');

/** The mark of what this copy makes. */
export function ownMark(kind: string): Mark {
  return Object.freeze({ kind, contract: CONTRACT, version: VERSION });
}

type AnyClass<T = unknown> = abstract new (...args: never[]) => T;

/** Marks all instances of a class. */
export function mark(type: AnyClass, kind: string): void {
  Object.defineProperty(type.prototype, MARK, { value: ownMark(kind) });
}

/** The mark of what a copy of this package has made; `undefined` for everything else. Never throws, whatever it is given. */
export function markOf(value: unknown): Mark | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const found = (value as { readonly [MARK]?: unknown })[MARK];
    return typeof found === 'object' && found !== null ? (found as Mark) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this copy can work with what bears this mark. */
export function isFit(found: Mark): boolean {
  return found.contract === CONTRACT;
}

/** `instanceof` for the marked classes, across copies that fit. */
export function isOf<T>(value: unknown, type: AnyClass<T>): value is T {
  const found = markOf(value);
  return found !== undefined && isFit(found) && found.kind === markOf(type.prototype)?.kind;
}

/** The brand of a class of errors, by its name: `RejectedError`. */
export function brandOf(name: string): symbol {
  return Symbol.for(`holdfast.${name}`);
}

/** Whether it inherits a brand. Never throws: a Proxy can refuse even that question. */
export function isBranded(value: unknown, brand: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    // Not asked of the value itself: the prototype of a class is no instance of it.
    const prototype = Object.getPrototypeOf(value) as Record<symbol, unknown> | null;
    return prototype !== null && prototype[brand] === true;
  } catch {
    return false;
  }
}

/** One for all copies: what is made at the first call. */
export function shared<T>(name: string, make: () => T): T {
  const holder = globalThis as unknown as Record<symbol, T | undefined>;
  const key = Symbol.for(`holdfast.${name}`);
  const known = holder[key];
  if (known !== undefined) return known;
  const made = make();
  try {
    Object.defineProperty(holder, key, { value: made });
  } catch {
    // A global object that is frozen: each copy has its own.
  }
  return made;
}
