import type { Clock } from '../../time/clock.js';
import { readHeader } from '../request/headers.js';
import { parseAmount } from '../retry/rate-limit-headers.js';
import type { ResponseLike } from '../types.js';
import { hasMethods } from '../types.js';

/** Up to this declared size a body is read to its end, so that its connection can serve the next request. */
export const DRAIN_LIMIT_BYTES = 64 * 1024;

/** How far reading goes when more comes than was declared, because of compression. */
const READ_LIMIT_BYTES = 16 * DRAIN_LIMIT_BYTES;

/** The part of a web stream that discarding needs. */
interface WebStream {
  readonly locked?: boolean;
  getReader(): WebReader;
  cancel(reason?: unknown): PromiseLike<unknown>;
}

interface WebReader {
  read(): PromiseLike<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(reason?: unknown): PromiseLike<unknown>;
}

/** The part of a Node stream that discarding needs: node-fetch has these for bodies. */
interface NodeStream {
  readonly destroyed?: boolean;
  readonly readableEnded?: boolean;
  on(event: string, listener: () => void): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/**
 * Discards a response that nobody will read, so that its connection is free again. It reads a body with a declared size of at
 * most 64 KiB to its end. It cancels any other body, which closes the connection, and also reading that takes longer than
 * `timeoutMs`. It leaves a body alone that was read, or that somebody reads.
 *
 * @returns a promise when there is something to wait for. It never rejects. Nobody has to wait for
 * it: implementations queue the next request until the connection is free.
 */
export function discardResponse(
  response: ResponseLike,
  clock: Clock,
  timeoutMs: number,
): Promise<void> | undefined {
  try {
    const { body } = response;
    if (body === undefined || body === null) return undefined;
    const small = isSmall(response);
    if (isWebStream(body)) return discardWebStream(body, small, clock, timeoutMs);
    if (isNodeStream(body)) return discardNodeStream(body, small, clock, timeoutMs);
  } catch {
    // Used up, locked, or not what it looks like: there is nothing to do.
  }
  return undefined;
}

/** Whether the body has a small declared size. Without a declaration it may never end. */
function isSmall(response: ResponseLike): boolean {
  const declared = parseAmount(readHeader(response.headers, 'content-length'));
  return declared !== undefined && declared <= DRAIN_LIMIT_BYTES;
}

function isWebStream(body: unknown): body is WebStream {
  return hasMethods(body, 'getReader', 'cancel');
}

function isNodeStream(body: unknown): body is NodeStream {
  return hasMethods(body, 'resume', 'destroy', 'on');
}

function discardWebStream(
  body: WebStream,
  small: boolean,
  clock: Clock,
  timeoutMs: number,
): Promise<void> | undefined {
  if (body.locked === true) return undefined;
  if (!small || timeoutMs <= 0) {
    // Do not wait: if the response was cloned, this stays pending until the clone is done, too.
    swallow(body.cancel());
    return undefined;
  }
  const reader = body.getReader();
  const timer = clock.setTimer(() => swallow(reader.cancel()), timeoutMs);
  return drain(reader).finally(() => clock.clearTimer(timer));
}

async function drain(reader: WebReader): Promise<void> {
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += sizeOf(value);
      if (bytes <= READ_LIMIT_BYTES) continue;
      swallow(reader.cancel());
      return;
    }
  } catch {
    // The connection broke, or the attempt was aborted: either way the connection is gone.
  }
}

function sizeOf(chunk: unknown): number {
  const size = (chunk as { readonly byteLength?: unknown } | undefined)?.byteLength;
  return typeof size === 'number' ? size : 0;
}

function discardNodeStream(
  body: NodeStream,
  small: boolean,
  clock: Clock,
  timeoutMs: number,
): Promise<void> | undefined {
  // Without a listener an error on the way would end the process.
  body.on('error', ignore);
  if (body.destroyed === true || body.readableEnded === true) return undefined;
  if (!small || timeoutMs <= 0) {
    body.destroy();
    return undefined;
  }
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => body.destroy(), timeoutMs);
    body.on('close', () => {
      clock.clearTimer(timer);
      resolve();
    });
    body.resume();
  });
}

function swallow(promise: PromiseLike<unknown>): void {
  promise.then(ignore, ignore);
}

function ignore(): void {}
