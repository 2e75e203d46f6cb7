import { ConfigError, ContractError, ResilienceError } from '../../errors.js';
import { publicKeyOf } from '../../pipeline/reporting/label.js';
import { withoutCredentials } from '../../pipeline/reporting/without-credentials.js';

/** Which call an error is about. */
export interface SignedCall {
  readonly url: string;
  readonly method: string;
  /** The key whose policies it runs under, as far as it is known. */
  readonly key: string | undefined;
}

/** A URL as errors show it. */
export function publicUrl(url: string): string {
  // Where a dispatcher has one origin, there is only a path. Of `data:` and the like, all but the scheme is content.
  const isContent = !/^(?:[^/?#]*:)?[/\\]/.test(url);
  return isContent ? (/^[^:/?#]*:?/.exec(url)?.[0] ?? '') : withoutCredentials(url);
}

/** Says on an error of this client which request it is about. What others have thrown, or an inner client has signed, stays as it is. */
export function signRequest(error: unknown, client: string, call: SignedCall): void {
  if (!(error instanceof ResilienceError) || error.url !== undefined) return;
  const key = call.key === undefined ? undefined : publicKeyOf(call.key);
  if (!isOwn(error, client, key)) return;
  try {
    error.pipeline ??= client;
    if (key !== undefined) error.key ??= key;
    error.method = call.method;
    error.url = publicUrl(call.url);
  } catch {
    // A frozen error stays as it is.
  }
}

/** Whether it comes out of this client: out of the pipeline of the call's key, or out of the rules around it, which name none. */
function isOwn(error: ResilienceError, client: string, key: string | undefined): boolean {
  if (error.pipeline !== undefined) return error.pipeline === client && error.key === key;
  return error instanceof ContractError || error instanceof ConfigError;
}
