import { TimeoutError } from '../../errors.js';
import type { CallSite } from '../../pipeline/call/call-site.js';
import { labelOf, publicKeyOf } from '../../pipeline/reporting/label.js';
import type { ResolvedClient } from '../options.js';
import { signRequest } from './signed-error.js';

/** The request whose time ran out. */
export interface Asked {
  readonly key: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly site: CallSite | undefined;
}

/** The error of a request that took too long after its policies were done. */
export function timeoutErrorOf(
  what: string,
  timeoutMs: number,
  policy: string | undefined,
  { name, captureStack }: ResolvedClient,
  { key, method, url, site }: Asked,
  blockedMs?: number,
): TimeoutError {
  const shown = key === undefined ? undefined : publicKeyOf(key);
  const message = `${labelOf(name, shown)}: ${what}`;
  const init = { timeoutMs, blockedMs, pipeline: name, policy, key: shown, captureStack };
  const error = new TimeoutError(message, init);
  signRequest(error, name, { key, method, url });
  site?.addTo(error);
  return error;
}
