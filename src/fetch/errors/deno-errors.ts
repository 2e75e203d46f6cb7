import type { FetchErrorClass } from './error-table.js';

/** The words of Deno's fetch, whose errors have no codes. The first match counts. */
export const DENOS_WORDS: readonly (readonly [pattern: RegExp, is: FetchErrorClass])[] = [
  [/\bdns error: /, 'dns'],
  [/\binvalid peer certificate\b|: received (?:corrupt message|fatal alert)\b/, 'tls'],
  // hyper's name for everything before the request. Deno 1 used other words.
  [/\bclient error \(Connect\)|\berror trying to connect: /, 'connect'],
  [/\bclient error \(SendRequest\): invalid |\bhttp parse error\b/, 'protocol'],
  [/\bclient error \(SendRequest\)|\bconnection closed before message completed\b/, 'reset'],
  [/^(?:connection reset by peer|broken pipe|connection aborted)\b.* \(os error \d+\)/i, 'reset'],
  [/\b(?:stream|connection) error (?:received|detected): /, 'reset'],
];
