import type { Attributes, Context, Exception, Span } from '@opentelemetry/api';
import { diag } from '@opentelemetry/api';
import { errorTypeOf } from '../pipeline/reporting/error-type.js';
import { fromEnvironment } from './environment.js';
import { attribute, exceptionLog, SCOPE, VERSION } from './names.js';
import { look } from './registered.js';

/** Where the exceptions of calls go. */
export type ExceptionSignal = 'spans' | 'logs' | 'logs/dup';

/** OpenTelemetry's switch for the period in which exceptions move from spans to logs. */
const SWITCH = 'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN';

/** Severity WARN: what code around a client is expected to handle. */
const WARN = 13;

interface LogRecord {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly attributes: Attributes;
  readonly context: Context;
}

interface Logger {
  emit(record: LogRecord): void;
}

interface LoggerProvider {
  getLogger(name: string, version?: string): Logger;
}

/** Where `@opentelemetry/api-logs`, which belongs to API 1.9, keeps a function that returns what is registered with it. */
const REGISTERED_LOGS = Symbol.for('io.opentelemetry.js.api.logs');
/** The contract version of that function. */
const LOGS_CONTRACT = 1;

let signal: ExceptionSignal | undefined;
/** The logger of the latest provider. Getting a logger may be expensive. */
let known: { readonly provider: LoggerProvider; readonly logger: Logger } | undefined;

/** Where the environment wants exceptions to go. It is read when it is first needed. */
function exceptionSignal(): ExceptionSignal {
  signal ??= readSignal();
  return signal;
}

function readSignal(): ExceptionSignal {
  const value = fromEnvironment(SWITCH)?.trim().toLowerCase() ?? '';
  if (value === 'logs' || value === 'logs/dup') return value;
  if (value !== '')
    diag.warn(`holdfast: ${SWITCH} must be "logs" or "logs/dup", and is "${value}"`);
  return 'spans';
}

/**
 * The logs API, if something is registered with it. From 1.10 on it is part of the API. Before, it is a package of its own, which
 * holdfast must not depend on. So this looks where both of them register.
 */
function loggerProvider(): LoggerProvider | undefined {
  const ofPackage = (
    globalThis as { readonly [REGISTERED_LOGS]?: (contract: number) => LoggerProvider }
  )[REGISTERED_LOGS];
  return (look().logs as LoggerProvider | undefined) ?? ofPackage?.(LOGS_CONTRACT);
}

/**
 * Records the error that a call ended with: on its span, or as a log record in the span's context, as the environment asks. If no
 * logs SDK is registered, the error stays on the span, so that it is not lost.
 *
 * @param about Attributes of the call.
 */
export function recordException(
  error: Error,
  span: Span,
  context: Context,
  about: Attributes,
): void {
  const to = exceptionSignal();
  const provider = to === 'spans' || !span.isRecording() ? undefined : loggerProvider();
  if (provider === undefined || to === 'logs/dup') span.recordException(ofSpan(error));
  if (provider === undefined) return;
  loggerOf(provider).emit({
    eventName: exceptionLog.name,
    severityNumber: WARN,
    severityText: 'WARN',
    attributes: { ...about, ...exceptionAttributes(error) },
    context,
  });
}

/** SDKs take the numeric code of a DOMException, such as that of `AbortSignal.timeout`, for its type. So this leaves it out. */
function ofSpan(error: Error): Exception {
  if (typeof (error as { code?: unknown }).code !== 'number') return error;
  const { name, message, stack } = error;
  return stack === undefined ? { name, message } : { name, message, stack };
}

function loggerOf(provider: LoggerProvider): Logger {
  if (known?.provider !== provider) {
    known = { provider, logger: provider.getLogger(SCOPE, VERSION) };
  }
  return known.logger;
}

function exceptionAttributes(error: Error): Attributes {
  const { message, stack } = error;
  const attributes: Attributes = {
    [attribute.exceptionType]: classOf(error) ?? errorTypeOf(error),
    [attribute.exceptionMessage]: String(message),
  };
  if (typeof stack === 'string') attributes[attribute.exceptionStacktrace] = stack;
  return attributes;
}

/** The name of an error's class. Most error classes do not set `name` and inherit `Error`. */
function classOf(error: Error): string | undefined {
  const name: unknown = error.name === 'Error' ? error.constructor?.name : error.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
