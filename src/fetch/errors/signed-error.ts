import { ConfigError, ContractError, ResilienceError } from '../../errors.js';
import { publicKeyOf } from '../../pipeline/reporting/label.js';
import { withoutCredentials } from '../../pipeline/reporting/without-credentials.js';

/** Which call an error is about. */
export interface SignedCall {
  readonly url: string;
  readonly method: string;
  /** The key whose policies the call runs under, if it is known. */
  readonly key: string | undefined;
}

/** A URL as errors show it. */
export function publicUrl(url: string): string {
  // A dispatcher with one origin has only a path. In `data:` URLs and the like everything but the scheme is content.
  const isContent = !/^(?:[^/?#]*:)?[/\\]/.test(url);
  return isContent ? (/^[^:/?#]*:?/.exec(url)?.[0] ?? '') : withoutCredentials(url);
}

/** Writes on an error of this client which request it is about. Other errors, and those that an inner client has signed, do not change. */
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

/** Whether the error comes from this client: from the pipeline of the call's key, or from the rules around it, which name no pipeline. */
function isOwn(error: ResilienceError, client: string, key: string | undefined): boolean {
  if (error.pipeline !== undefined) return error.pipeline === client && error.key === key;
  return error instanceof ContractError || error instanceof ConfigError;
}
