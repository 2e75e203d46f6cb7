import type { ResolvedClient } from '../options.js';
import type { ResolvedOverrides } from '../overrides.js';
import type { OutgoingRequest } from '../request/request.js';
import { originOf } from '../request/request.js';
import { redirectedTo } from '../verdict/redirects.js';
import { answerOf } from './callback-answers.js';

/** A call, as far as it matters here. */
interface Redirected extends OutgoingRequest {
  readonly overrides: ResolvedOverrides;
  /** The key whose policies it runs under. */
  stateKey(): string;
}

/** Whether redirects led to another upstream. That is another origin, unless the caller's own key says that it is the same. */
export function isElsewhere(
  call: Redirected,
  response: unknown,
  { key: keyOf }: ResolvedClient,
): boolean {
  const url = redirectedTo(response, call.url);
  if (url === undefined || call.overrides.key !== undefined) return false;
  if (keyOf === undefined) return true;
  const there: OutgoingRequest = {
    url,
    method: call.method,
    header: (name) => call.header(name),
  };
  return (answerOf('key', 'string', keyOf(there)) ?? originOf(url)) !== call.stateKey();
}
