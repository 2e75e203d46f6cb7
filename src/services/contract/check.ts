import type { AnySchema } from '../declaration.js';
import type { SchemaResult } from '../standard-schema.js';
import { faultsOf } from './faults.js';
import type { ContractFault } from './report.js';

/** What a schema made of a value, or what is wrong with it. */
export type Checked =
  | { readonly value: unknown; readonly faults?: undefined }
  | { readonly faults: readonly ContractFault[] };

/**
 * Checks a value at once.
 *
 * @param root What the value is, such as `body`.
 */
export function checkNow(schema: AnySchema, value: unknown, root: string): Checked {
  const result = ask(schema, value, root);
  if (!isThenable(result)) return judge(result, schema, value, root);
  // Nobody waits for it.
  Promise.resolve(result).catch(() => {});
  return fault(
    root,
    'its schema is asynchronous; a request is checked before the call and its deadline begin, so its schema must answer at once',
  );
}

/** Checks a value, with a schema that may take its time. */
export function check(schema: AnySchema, value: unknown, root: string): Checked | Promise<Checked> {
  const result = ask(schema, value, root);
  if (!isThenable(result)) return judge(result, schema, value, root);
  return Promise.resolve(result).then(
    (late) => judge(late, schema, value, root),
    (error: unknown) => threw(root, error),
  );
}

function ask(schema: AnySchema, value: unknown, root: string): unknown {
  try {
    return schema['~standard'].validate(value);
  } catch (error) {
    return new Broken(threw(root, error).faults);
  }
}

function judge(result: unknown, schema: AnySchema, value: unknown, root: string): Checked {
  try {
    if (result instanceof Broken) return { faults: result.faults };
    const { issues } = result as SchemaResult<unknown>;
    if (issues === undefined || issues === null) {
      if ('value' in Object(result)) return { value: (result as { value: unknown }).value };
      return fault(root, 'its schema answered nothing that the Standard Schema interface knows');
    }
    const faults = faultsOf(issues, schema, value, root);
    return faults.length > 0 ? { faults } : fault(root, 'is not as its schema declares it');
  } catch (error) {
    return threw(root, error);
  }
}

/** In place of a schema's answer. A class, so that no answer of a schema is taken for it. */
class Broken {
  readonly faults: readonly ContractFault[];

  constructor(faults: readonly ContractFault[]) {
    this.faults = faults;
  }
}

function threw(root: string, error: unknown): ReturnType<typeof fault> {
  return fault(root, `its schema threw ${classOf(error)}`);
}

/** The class of an error. Its message may quote the value. */
function classOf(error: unknown): string {
  try {
    const prototype = Object.getPrototypeOf(error) as { constructor?: { name?: unknown } };
    const name = prototype.constructor?.name;
    if (error instanceof Error && typeof name === 'string' && /^[A-Z]\w{0,63}$/.test(name)) {
      return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`;
    }
  } catch {
    // It cannot be asked.
  }
  return 'something that is no error';
}

/** One fault. */
export function fault(
  path: string,
  message: string,
): { readonly faults: readonly ContractFault[] } {
  return { faults: [{ path, message }] };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
