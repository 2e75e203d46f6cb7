import { DENOS_WORDS } from './deno-errors.js';
import type { Entry } from './error-table.js';
import { CALLERS_DOING, CERTIFICATE, entryOfCode, PROXY_CREDENTIALS } from './error-table.js';

/** What implementations of fetch, and axios, say about the network when they say no more. In lower case. */
const NETWORK: readonly string[] = [
  'fetch failed',
  'terminated',
  'failed to fetch',
  'network error',
  'load failed',
  'networkerror when attempting to fetch resource.',
  'network request failed',
  'network connection lost.',
  'the network connection was lost.',
  'the internet connection appears to be offline.',
];

/** What undici's fetch says, without a code, about requests that it does not send, or answers that the request forbids. */
const REFUSED: readonly string[] = [
  'about scheme is not supported',
  'bad port',
  'blocked',
  'cors failure',
  'cross origin not allowed for request mode "cors"',
  'failed to fetch the data url',
  'integrity mismatch',
  'invalid method',
  'local urls only',
  'max redirects',
  'not implemented... yet...',
  'only if cached',
  "range start is greater than the blob's size.",
  'redirect count exceeded',
  'request mode cannot be "same-origin"',
  'unexpected redirect',
  'unknown scheme',
  'url scheme must be a http(s) scheme',
];

const BY_MESSAGE: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ...NETWORK.map((message) => [message, 'network'] as const),
  ...REFUSED.map((message) => [message, CALLERS_DOING] as const),
  ['proxy authentication required', PROXY_CREDENTIALS],
]);

/** Words of Deno, Bun and tunnels, in errors of any class. */
const SURE: readonly (readonly [pattern: RegExp, entry: Entry])[] = [
  [/\binvalid peer certificate\b|\bcertificate verify failed\b/i, CERTIFICATE],
  [/^Proxy response \(407\)|^tunneling socket could not be established, .*407$/, PROXY_CREDENTIALS],
  ...DENOS_WORDS,
  [/^error (?:sending request|reading a body)|\(os error \d+\)/, 'network'],
];

/** Words of errors made by hand, as in test doubles. They count for plain Errors only. */
const LIKELY: readonly (readonly [pattern: RegExp, entry: Entry])[] = [
  [
    /^(?:self[- ]signed certificate|unable to verify the first certificate|certificate has expired)/i,
    CERTIFICATE,
  ],
  [/^(?:socket hang up|other side closed|premature close)/i, 'reset'],
  [/^(?:the )?(?:socket|connection) (?:was )?(?:reset|closed|aborted|lost)\b/i, 'reset'],
  [/^(?:the )?(?:connection) (?:was )?refused\b/i, 'connect'],
  [/^(?:the )?(?:(?:request|connection|network|operation) )?(?:has )?timed?[ -]?out\b/i, 'timeout'],
  [/^(?:the )?network (?:error|failure|failed|(?:is )?(?:down|unreachable))\b/i, 'network'],
];

/** A code in words: `connect ECONNREFUSED 127.0.0.1:80`, or `ECONNRESET` alone. */
const CODE = /^(?:\w+ )?(E[A-Z]{4,}|EAI_[A-Z]+)\b/;

/** What an error's message says, if nothing else tells. */
export function entryOfMessage(message: string, name: unknown): Entry | undefined {
  const known = BY_MESSAGE.get(message.toLowerCase()) ?? find(SURE, message);
  // A TypeError, or another error of the language, is a fault in a program, whatever it says.
  if (known !== undefined || (name !== 'Error' && name !== 'FetchError')) return known;
  const code = CODE.exec(message)?.[1];
  return (code === undefined ? undefined : entryOfCode(code)) ?? find(LIKELY, message);
}

/** Whether these are an implementation's general words about the network. Its cause may say more. */
export function saysNetwork(message: string): boolean {
  return BY_MESSAGE.get(message.toLowerCase()) === 'network';
}

function find(
  patterns: readonly (readonly [pattern: RegExp, entry: Entry])[],
  message: string,
): Entry | undefined {
  return patterns.find(([pattern]) => pattern.test(message))?.[1];
}
