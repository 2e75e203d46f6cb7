import type { FetchErrorClass } from './error-table.js';

/** What Deno's fetch says, whose errors have no codes; the first that is found counts. */
export const DENOS_WORDS: readonly (readonly [pattern: RegExp, is: FetchErrorClass])[] = [
  [/\bdns error: /, 'dns'],
  [/\binvalid peer certificate\b|: received (?:corrupt message|fatal alert)\b/, 'tls'],
  // hyper's name for all that comes before the request; Deno 1 said it in other words.
  [/\bclient error \(Connect\)|\berror trying to connect: /, 'connect'],
  [/\bclient error \(SendRequest\): invalid |\bhttp parse error\b/, 'protocol'],
  [/\bclient error \(SendRequest\)|\bconnection closed before message completed\b/, 'reset'],
  [/^(?:connection reset by peer|broken pipe|connection aborted)\b.* \(os error \d+\)/i, 'reset'],
  [/\b(?:stream|connection) error (?:received|detected): /, 'reset'],
];
