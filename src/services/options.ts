import { once } from '../config/once.js';
import { isName, off, positiveCount } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { clientHint } from '../fetch/hints.js';
import type { ResolvedClient } from '../fetch/options.js';
import { resilientFetchSchema } from '../fetch/options.js';
import type { FetchLike } from '../fetch/types.js';
import { AddressFault, addressOf } from './base-url.js';
import type { ResolvedOperation } from './operation-options.js';
import { contractSchema, DEFAULT_MAX_BYTES, resolveOperation, wrong } from './operation-options.js';

/** A service with everything filled in. */
export interface ResolvedService {
  readonly name: string;
  /** The address at this moment. */
  readonly address: () => string;
  readonly operations: readonly ResolvedOperation[];
  readonly critical: boolean;
  /** The options of the client that sends. */
  readonly client: ResolvedClient & {
    readonly fetch?: FetchLike | undefined;
    readonly baseUrl: string | undefined;
  };
}

const serviceSchema = /* @__PURE__ */ once(() =>
  z.extend(resilientFetchSchema(), {
    registry: z.union(
      [off(), z.shapeOf(resilientFetchSchema()).registry],
      'must be a registry(), true for the default one, or false for none',
    ),
    name: z.optional(z.custom<undefined>(() => false, 'is the first argument of defineService')),
    baseUrl: z.custom<unknown>(
      (value) => value !== undefined,
      'must be an absolute URL, or a function that returns one',
    ),
    operations: z.custom<Readonly<Record<string, unknown>>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'must be an object with the operations, by name',
    ),
    contract: z.optional(contractSchema()),
    maxResponseBytes: z._default(positiveCount(), DEFAULT_MAX_BYTES),
  }),
);

/** @throws ConfigError */
export function resolveService(name: unknown, declaration: unknown): ResolvedService {
  if (!isName(name)) {
    const message = 'must be a name of 1 to 100 characters without control characters';
    throw wrong('defineService', 'name', message, name);
  }
  const path = `defineService('${name}')`;
  const given = parseOptions(serviceSchema, declaration, path, clientHint);
  const { operations, contract, maxResponseBytes } = given;
  const names = Object.keys(operations);
  if (names.length === 0) throw wrong(path, 'operations', 'must have an operation', operations);
  const resolved = names.map((each) =>
    resolveOperation(each, operations[each], `${path}.operations`, {
      contract,
      maxResponseBytes,
    }),
  );
  const { baseUrl, registry = true, critical = false } = given;
  const address = addressing(baseUrl, path);
  const client = {
    ...clientOptions(given),
    baseUrl: typeof baseUrl === 'function' ? undefined : address(),
    ...{ name, path, critical, kind: 'service' as const },
    registry: registry === false ? undefined : registry,
  };
  return { name, address, critical, operations: resolved, client };
}

/** What is the client's own of the options. */
function clientOptions({
  operations,
  contract,
  maxResponseBytes,
  ...rest
}: z.output<ReturnType<typeof serviceSchema>>) {
  return rest;
}

function addressing(baseUrl: unknown, path: string): () => string {
  const read = (given: unknown): string => {
    try {
      return addressOf(given);
    } catch (error) {
      if (!(error instanceof AddressFault)) throw error;
      throw wrong(path, 'baseUrl', error.message, given);
    }
  };
  if (typeof baseUrl !== 'function') {
    const address = read(baseUrl);
    return () => address;
  }
  return () => {
    const given: unknown = baseUrl();
    if (given instanceof Promise) {
      given.catch(() => {});
      const message =
        'must return a URL and no promise: look it up beforehand, and return what was found';
      throw wrong(path, 'baseUrl', message, undefined);
    }
    return read(given);
  };
}
