/**
 * How several copies of this package in one process recognise each other's objects. A process may load the package twice: installed in two
 * places, bundled into something, or once as source and once built. The copies do not share classes and private fields.
 * They do share the symbols of `Symbol.for`.
 */

/** The version of this package. */
export const VERSION = '0.1.0';

/**
 * Version of the contract between policies, pipelines and clients, its internal part included. Raise it with a change after which
 * older and newer copies cannot use each other's objects.
 */
export const CONTRACT = 1;

/** What every policy and pipeline of this package says about itself. */
export interface Mark {
  /** What it is, such as `retry` or `pipeline`. */
  readonly kind: string;
  readonly contract: number;
  readonly version: string;
}

/** The property that holds the mark. */
export const MARK = Symbol.for('holdfast.mark');

/** The mark for objects that this copy makes. */
export function ownMark(kind: string): Mark {
  return Object.freeze({ kind, contract: CONTRACT, version: VERSION });
}

type AnyClass<T = unknown> = abstract new (...args: never[]) => T;

/**
 * Marks all instances of a class. It is called as the value of a static member, and called pure: so a bundler keeps the call with the
 * class, and drops both if a program does not use the class. A static block would always be kept.
 */
export function mark(type: AnyClass, kind: string): Mark {
  const made = ownMark(kind);
  Object.defineProperty(type.prototype, MARK, { value: made });
  return made;
}

/** The mark of an object that any copy of this package made; `undefined` for everything else. Never throws, whatever it is given. */
export function markOf(value: unknown): Mark | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const found = (value as { readonly [MARK]?: unknown })[MARK];
    return typeof found === 'object' && found !== null ? (found as Mark) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this copy can work with an object that has this mark. */
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
    // Do not ask the value itself: the prototype of a class is no instance of it.
    const prototype = Object.getPrototypeOf(value) as Record<symbol, unknown> | null;
    return prototype !== null && prototype[brand] === true;
  } catch {
    return false;
  }
}

/** One value for all copies, made at the first call. */
export function shared<T>(name: string, make: () => T): T {
  const holder = globalThis as unknown as Record<symbol, T | undefined>;
  const key = Symbol.for(`holdfast.${name}`);
  const known = holder[key];
  if (known !== undefined) return known;
  const made = make();
  try {
    Object.defineProperty(holder, key, { value: made });
  } catch {
    // The global object is frozen: each copy has its own.
  }
  return made;
}
