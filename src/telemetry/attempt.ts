import type { Context, Span } from '@opentelemetry/api';
import { context, createContextKey } from '@opentelemetry/api';
import { attribute } from './names.js';

const ATTEMPT = createContextKey('holdfast attempt');

/** The context in which attempt `attempt` runs. */
export function withAttempt(parent: Context, attempt: number): Context {
  return parent.setValue(ATTEMPT, attempt);
}

/**
 * The number of the attempt that runs in an OpenTelemetry context: 1 for the first one, and 1 if no attempt runs there.
 *
 * @param of Default: the active context.
 */
export function attemptOf(of: Context = context.active()): number {
  const attempt = of.getValue(ATTEMPT);
  return typeof attempt === 'number' ? attempt : 1;
}

/**
 * Sets `http.request.resend_count` on the spans of HTTP instrumentation, which cannot know it.
 *
 * With undici 7 and with the global `fetch` of Node 20 to 24, a request that had to wait for a free connection may be
 * reported in another call's context. Then it gets the count of that call.
 *
 * @example
 * new UndiciInstrumentation({ requestHook })
 */
export function requestHook(span: Span): void {
  const attempt = attemptOf();
  if (attempt > 1) span.setAttribute(attribute.resendCount, attempt - 1);
}
