import { bodyKind } from '../fetch/request/body.js';
import { checkNow } from './contract/check.js';
import { declaredKeys } from './contract/declared-keys.js';
import type { ContractFault } from './contract/report.js';
import type { AnySchema } from './declaration.js';
import type { ResolvedOperation } from './operation-options.js';
import { fillPath, valueFault } from './path-template.js';
import { isRecord, queryString } from './query-string.js';
import { headersOf } from './request-headers.js';

/** What of an operation is sent. */
export interface BuiltRequest {
  /** Path and query, after the service's address. */
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** A request, and what is wrong with it. */
export interface RequestCheck {
  readonly request: BuiltRequest;
  /** What schemas found. */
  readonly faults: readonly ContractFault[];
  /** What cannot be sent, whatever a schema says. */
  readonly unsendable: readonly ContractFault[];
}

type Parts = Readonly<Record<'params' | 'query' | 'headers' | 'body', unknown>>;

const PARTS: ReadonlySet<string> = new Set(['params', 'query', 'headers', 'body']);

const FIELDS = ['params', 'query', 'headers'] as const;

/** Builds the request of a call from what its caller gave. */
export function buildRequest(operation: ResolvedOperation, given: unknown): RequestCheck {
  return new Builder(operation).build(given);
}

class Builder {
  readonly #operation: ResolvedOperation;
  readonly #faults: ContractFault[] = [];
  readonly #unsendable: ContractFault[] = [];

  constructor(operation: ResolvedOperation) {
    this.#operation = operation;
  }

  build(given: unknown): RequestCheck {
    const { params, query, headers, body } = this.#operation;
    const parts = this.#partsOf(given);
    const target =
      this.#path(this.#checked('params', params, parts.params), params) +
      queryString(this.#only('query', query, parts.query), this.#fieldFault('query', query));
    const sent = headersOf(
      this.#checked('headers', headers, parts.headers),
      this.#fieldFault('headers', headers),
    );
    const payload = this.#body(this.#only('body', body, parts.body), sent);
    const { accept } = this.#operation;
    if (accept !== undefined) sent['accept'] ??= accept;
    return {
      request: { target, headers: sent, body: payload },
      faults: this.#faults,
      unsendable: this.#unsendable,
    };
  }

  #partsOf(given: unknown): Parts {
    if (given === undefined) return {} as Parts;
    if (!isRecord(given)) {
      this.#cannot('request', 'must be an object with params, query, headers and body');
      return {} as Parts;
    }
    if (Object.keys(given).some((key) => !PARTS.has(key))) {
      this.#cannot('request', 'has a field that is none of params, query, headers and body');
    }
    // A schema may see no fields in such a thing, and let it pass.
    for (const part of FIELDS) {
      const value = given[part];
      if (value !== undefined && !isRecord(value)) this.#cannot(part, 'must be a plain object');
    }
    return given as Parts;
  }

  /** What the schema makes of a part, or the part as it came. */
  #checked(part: keyof Parts, schema: AnySchema | undefined, value: unknown): unknown {
    if (schema === undefined) return value;
    const given = value === undefined && part !== 'body' ? {} : value;
    const checked = checkNow(schema, given, part);
    if (checked.faults === undefined) return checked.value;
    this.#faults.push(...checked.faults);
    return value;
  }

  /** The same, of a part that is not there unless it is declared. */
  #only(part: keyof Parts, schema: AnySchema | 'raw' | undefined, value: unknown): unknown {
    if (schema === 'raw') {
      if (value === undefined || value === null) this.#cannot(part, 'is missing');
      return value;
    }
    if (schema !== undefined) return this.#checked(part, schema, value);
    if (value !== undefined) this.#cannot(part, 'is not declared by the operation');
    return undefined;
  }

  #path(params: unknown, schema: AnySchema | undefined): string {
    const { path } = this.#operation;
    const { names } = path;
    const values = isRecord(params) ? params : {};
    for (const name of names) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const wrong = valueFault(value);
      if (wrong !== undefined) this.#cannot(`params.${name}`, wrong);
    }
    if (schema === undefined && Object.keys(values).some((name) => !names.includes(name))) {
      this.#cannot('params.*', 'is not in the path');
    }
    return this.#unsendable.length > 0 ? '' : fillPath(path, values);
  }

  #body(body: unknown, headers: Record<string, string>): unknown {
    const declared = this.#operation.body;
    if (declared === undefined || body === undefined) return undefined;
    if (isOnlyIterable(body)) {
      this.#cannot('body', 'has no JSON: make an array or an object of it');
      return undefined;
    }
    if (declared === 'raw' || isSentAsItIs(body)) {
      if (declared === 'raw' && !isSentAsItIs(body)) {
        this.#cannot(
          'body',
          'must be a text, bytes, URLSearchParams, FormData, a Blob, a stream, or a function that makes one',
        );
      }
      return body;
    }
    const text = jsonText(body);
    if (text === undefined) this.#cannot('body', 'cannot be written as JSON');
    headers['content-type'] ??= 'application/json';
    return text;
  }

  #fieldFault(part: keyof Parts, schema: AnySchema | undefined) {
    return (name: string, message: string): void => {
      const isDeclared = name !== '' && schema !== undefined && declaredKeys(schema).has(name);
      let path: string = part;
      if (name !== '') path += isDeclared ? `.${name}` : '.*';
      this.#cannot(path, message);
    };
  }

  #cannot(path: string, message: string): void {
    this.#unsendable.push({ path, message });
  }
}

/** Whether it is a Map, a Set or a generator. JSON shows nothing of it, and fetch would send the name of its class. */
function isOnlyIterable(body: unknown): boolean {
  if (bodyKind(body) !== 'once') return false;
  const { getReader, pipe } = body as { readonly getReader?: unknown; readonly pipe?: unknown };
  const streams = typeof getReader === 'function' || typeof pipe === 'function';
  return !streams && !(Symbol.asyncIterator in (body as object));
}

/** Whether a body is one that fetch takes. Everything else is sent as JSON. */
function isSentAsItIs(body: unknown): boolean {
  if (typeof body === 'string' || typeof body === 'function') return true;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  const kind = bodyKind(body);
  return (
    kind !== 'constant' || /^(?:Blob|File)$/.test(Object.prototype.toString.call(body).slice(8, -1))
  );
}

/** `undefined` if there is no JSON for it. The platform's error would quote the value. */
function jsonText(body: unknown): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    return undefined;
  }
}
