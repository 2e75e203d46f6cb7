import { bodyKind } from '../request/body.js';
import type { Entry } from './error-table.js';
import { CALLERS_DOING } from './error-table.js';

/** What axios and got tell about a request, besides its error. */
interface ClientError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly response?: unknown;
  readonly isAxiosError?: unknown;
  readonly request?: unknown;
  readonly config?: { readonly data?: unknown } | null;
  readonly timings?: { readonly error?: unknown } | null;
  readonly options?: { readonly body?: unknown } | null;
}

/**
 * Whether axios or got say that a request was made, got no response, and ended in an error of any kind. nock's
 * `replyWithError('boom')` is a plain error. It is `false` if a stream was sent, since the stream may have failed.
 */
export function wasCutOff(error: ClientError): boolean {
  if (Object(error.response) === error.response) return false;
  if (error.isAxiosError === true) {
    // The errors of follow-redirects and Node say what could not be sent.
    if (/^ERR_/.test(String(error.code))) return false;
    return Object(error.request) === error.request && bodyKind(error.config?.data) !== 'once';
  }
  if (error.name !== 'RequestError') return false;
  return typeof error.timings?.error === 'number' && bodyKind(error.options?.body) !== 'once';
}

/** What axios means when it uses its status codes for something else. */
export function entryOfAxios({ code, message, response }: ClientError): Entry | undefined {
  // A body that was cut short. Its response is there, too.
  if (code === 'ERR_BAD_RESPONSE' && message === 'stream has been aborted') return 'reset';
  if (Object(response) === response) return undefined;
  // What axios does not send, such as ftp: or a body above maxBodyLength, and what it does not accept.
  if (code === 'ERR_BAD_REQUEST') return CALLERS_DOING;
  const tooLong = code === 'ERR_BAD_RESPONSE' && /^maxContentLength\b/.test(String(message));
  return tooLong ? CALLERS_DOING : undefined;
}
