import { generatorFunction, isGeneratorFunction } from '../../pipeline/options/wrong-arguments.js';
import { classifyFetchError } from '../errors/classify-error.js';

/** Reads a response; what it answers is what the call answers. */
export type Reader = (response: never) => unknown;

/** How a body ended, as far as it was seen: `failure` is `undefined` where nothing was wrong with it. */
export interface BodyEnd {
  readonly failure: unknown;
}

/** What is wrong with the connection, and neither with the caller nor with what was read. */
const NOT_OF_A_BODY: ReadonlySet<unknown> = new Set([undefined, 'abort', 'status']);

/**
 * Whether a reader failed because the body did, and not by a mistake of its own or by what it did besides.
 *
 * @param end how the body ended, where that was seen. It is not for a body that is read through its stream, or was made by a double.
 */
export function isBodyFailure(
  error: unknown,
  response: unknown,
  end: BodyEnd | undefined,
): boolean {
  if (end !== undefined) return end.failure !== undefined;
  if (!wasTouched(response) || isWholeStream(response)) return false;
  return !NOT_OF_A_BODY.has(classifyFetchError(error));
}

/** A Node stream, unlike a web stream, tells what it has met. */
function isWholeStream(response: unknown): boolean {
  const { body } = Object(response) as { body?: unknown };
  return (Object(body) as { errored?: unknown }).errored === null;
}

/** Whether somebody has begun to read it. */
export function wasTouched(response: unknown): boolean {
  const { bodyUsed, body } = Object(response) as { bodyUsed?: unknown; body?: unknown };
  if (bodyUsed === true) return true;
  // The body of undici.request, and that of node-fetch, is a Node stream.
  const { readableDidRead, locked } = Object(body) as {
    readableDidRead?: unknown;
    locked?: unknown;
  };
  return readableDidRead === true || locked === true;
}

/** Whether it looks like a response, be it fetch's or undici's. */
export function isResponse(value: unknown): boolean {
  const { status, statusCode, headers } = Object(value) as {
    status?: unknown;
    statusCode?: unknown;
    headers?: unknown;
  };
  if (typeof headers !== 'object' || headers === null) return false;
  if (typeof statusCode === 'number') return true;
  return typeof status === 'number' && typeof (headers as { get?: unknown }).get === 'function';
}

/** @throws TypeError when there is no reader. */
export function assertReader(reader: unknown, path: string): asserts reader is Reader {
  if (typeof reader === 'function') {
    if (!isGeneratorFunction(reader)) return;
    throw generatorFunction(`${path}.read`, 'the reader');
  }
  throw new TypeError(
    `${path}.read: the third argument must be a function that reads the response, as in read(url, {}, (response) => response.json()) (got ${reader === null ? 'null' : typeof reader})`,
  );
}
