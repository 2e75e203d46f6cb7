/** Anything that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object, and an empty one otherwise. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A member of its own, so that a name such as `constructor` finds nothing that the document does not have. */
export function member(object: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(object)) return /^\d+$/.test(key) ? (object[Number(key)] as Json) : undefined;
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}
