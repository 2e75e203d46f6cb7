import { UsageError } from '../usage.js';
import { isObject, type Json, type JsonObject, member, textOf } from './json.js';

/** Where a value is in the document: a JSON Pointer, such as `/components/schemas/Order`. */
export type Pointer = string;

export function pointerOf(...keys: readonly string[]): Pointer {
  return keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function keysOf(pointer: Pointer): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Finds what `$ref`s of a document point to. All of it has to be in the document itself. */
export class References {
  readonly #document: JsonObject;

  constructor(document: JsonObject) {
    this.#document = document;
  }

  /** @throws UsageError if the reference leads out of the document or to nothing. */
  pointerTo(reference: string): Pointer {
    if (!reference.startsWith('#')) {
      throw new UsageError(
        `$ref ${quote(reference)} leads out of the document: put all of it into one file first (npx @redocly/cli bundle <file> -o openapi.json)`,
      );
    }
    const pointer = decoded(reference.slice(1));
    if (pointer === undefined || (pointer !== '' && !pointer.startsWith('/'))) {
      throw new UsageError(
        `$ref ${quote(reference)} is not understood: it must be # and a JSON Pointer, such as #/components/schemas/Order`,
      );
    }
    return pointer;
  }

  /** @throws UsageError if nothing is there. */
  at(pointer: Pointer): Json {
    let value: Json | undefined = this.#document;
    for (const key of keysOf(pointer)) value = member(value, key);
    if (value === undefined) throw new UsageError(`$ref ${quote(`#${pointer}`)} leads to nothing`);
    return value;
  }

  /**
   * What a parameter, a response or another part is that may be a reference. Not for schemas: their references stay.
   *
   * @throws UsageError if a reference leads nowhere, or back to itself.
   */
  follow(value: Json | undefined): JsonObject | undefined {
    const seen = new Set<Pointer>();
    let at = value;
    for (;;) {
      if (!isObject(at)) return undefined;
      const reference = textOf(member(at, '$ref'));
      if (reference === undefined) return at;
      const pointer = this.pointerTo(reference);
      if (seen.has(pointer)) throw new UsageError(`$ref ${quote(reference)} leads back to itself`);
      seen.add(pointer);
      at = this.at(pointer);
    }
  }
}

/** As it stands in an error: short, on one line, and without control characters. */
export function quote(text: string): string {
  const short = text.length > 120 ? `${text.slice(0, 120)}...` : text;
  return JSON.stringify(short).replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
