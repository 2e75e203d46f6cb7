import { bodyKind, tagOf } from './body.js';

/** A body up to this size is in the socket's buffers at once. */
const SMALL_BYTES = 64 * 1024;

interface Sized {
  readonly byteLength?: unknown;
  readonly size?: unknown;
}

/** Whether a body, as fetch takes it, may take a while to send: every body that is not known to be small. */
export function isUpload(body: unknown): boolean {
  switch (bodyKind(body)) {
    case 'none':
      return false;
    case 'once':
      return true;
    default:
      return !(lengthOf(body) <= SMALL_BYTES);
  }
}

/** The length in bytes, about that for texts; NaN if it is not known. */
function lengthOf(body: unknown): number {
  if (typeof body === 'string') return body.length;
  const tag = tagOf(body);
  if (tag === 'FormData') return Number.NaN;
  if (tag === 'URLSearchParams') return String(body).length;
  const { byteLength, size } = Object(body) as Sized;
  return Number(byteLength ?? size ?? Number.NaN);
}
