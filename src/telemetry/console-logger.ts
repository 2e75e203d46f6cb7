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
      to[level](`${message} ${JSON.stringify(fields, replacer)}`);
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
}

/** An error as loggers show it; its own fields are the caller's and may be anything. */
function replacer(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message } = value;
  return { name, message };
}
