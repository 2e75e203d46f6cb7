import type { Logger } from './log-events.js';

/** What is needed of a console. */
export interface ConsoleLike {
  /** Writes a line of the least importance. */
  debug(...data: unknown[]): void;
  /** Writes a line. */
  info(...data: unknown[]): void;
  /** Writes a warning. */
  warn(...data: unknown[]): void;
  /** Writes an error. */
  error(...data: unknown[]): void;
}

/**
 * Makes a logger for {@link logEvents} of a console: each line is the message, followed by the fields as JSON.
 *
 * @param to Default: the global console.
 * @example
 * logEvents(inventory, consoleLogger());
 */
export function consoleLogger(to: ConsoleLike = globalThis.console): Logger {
  const line =
    (level: keyof ConsoleLike) =>
    (fields: object, message: string): void =>
      to[level](`${message} ${asJson(fields)}`);
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
}

/** What was thrown may be anything: it refers to itself, is a bigint, or cannot be read. The line is written all the same. */
function asJson(fields: object): string {
  try {
    return JSON.stringify(fields, shown);
  } catch {
    return JSON.stringify({ ...fields, err: '[cannot be shown as JSON]' });
  }
}

/** An error as loggers show it; its own fields are the caller's and may be anything. */
function shown(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message } = value;
  return { name, message };
}
