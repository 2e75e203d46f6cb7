import { generatorFunction, isGeneratorFunction } from '../../pipeline/options/wrong-arguments.js';
import { classifyFetchError } from '../errors/classify-error.js';

/** Reads a response. The call returns what it returns. */
export type Reader = (response: never) => unknown;

/** How a body ended, as far as that was seen. `failure` is `undefined` if nothing was wrong. */
export interface BodyEnd {
  readonly failure: unknown;
}

/** Kinds of errors that do not show that the connection failed: those of the caller, and those of the content. */
const NOT_OF_A_BODY: ReadonlySet<unknown> = new Set([undefined, 'abort', 'status']);

/**
 * Whether a reader failed because the body failed, and not by its own mistake or by something else it did.
 *
 * @param end how the body ended, if that was seen. It is not seen when a body is read through its stream, or comes from a test double.
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

/** Whether the body is a Node stream without an error. Unlike a web stream, a Node stream tells. */
function isWholeStream(response: unknown): boolean {
  const { body } = Object(response) as { body?: unknown };
  return (Object(body) as { errored?: unknown }).errored === null;
}

/** Whether somebody has begun to read it. */
export function wasTouched(response: unknown): boolean {
  const { bodyUsed, body } = Object(response) as { bodyUsed?: unknown; body?: unknown };
  if (bodyUsed === true) return true;
  // The bodies of undici.request and node-fetch are Node streams.
  const { readableDidRead, locked } = Object(body) as {
    readableDidRead?: unknown;
    locked?: unknown;
  };
  return readableDidRead === true || locked === true;
}

/** Whether it looks like a response of fetch or undici. */
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
