import type { Logger } from './log-events.js';

/** A console, as far as {@link consoleLogger} needs it. */
export interface ConsoleLike {
  /** Writes a line of the lowest importance. */
  debug(...data: unknown[]): void;
  /** Writes a line. */
  info(...data: unknown[]): void;
  /** Writes a warning. */
  warn(...data: unknown[]): void;
  /** Writes an error. */
  error(...data: unknown[]): void;
}

/**
 * Makes a logger for {@link logEvents} from a console. Each line is the message, followed by the fields as JSON.
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

/** A thrown value may be anything: it may refer to itself, be a bigint, or be impossible to read. The line is written in any case. */
function asJson(fields: object): string {
  try {
    return JSON.stringify(fields, shown);
  } catch {
    return JSON.stringify({ ...fields, err: '[cannot be shown as JSON]' });
  }
}

/** An error as loggers show it. Its own fields are the caller's and may be anything. */
function shown(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message } = value;
  return { name, message };
}
