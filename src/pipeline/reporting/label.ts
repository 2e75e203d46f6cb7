import { withoutCredentials } from './without-credentials.js';

/** How messages name a pipeline: `inventory`, and the copy of a keyed one `fetch [https://api.example]`. */
export function labelOf(name: string, publicKey: string | undefined): string {
  return publicKey === undefined ? name : `${name} [${publicKey}]`;
}

/** A key as errors show it: as it is, but for what a URL in it may hold of secrets. */
export function publicKeyOf(key: string): string {
  return withoutCredentials(key);
}
