import { withoutCredentials } from './without-credentials.js';

/** The name of a pipeline in messages: `inventory`, or `fetch [https://api.example]` for the copy of a keyed one. */
export function labelOf(name: string, publicKey: string | undefined): string {
  return publicKey === undefined ? name : `${name} [${publicKey}]`;
}

/** A key as errors show it: without the secrets that a URL in it may contain. */
export function publicKeyOf(key: string): string {
  return withoutCredentials(key);
}
