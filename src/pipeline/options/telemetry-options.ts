import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';
import { off, oneOf } from '../../config/schemas.js';
import * as z from '../../config/zod.js';

/** When a call gets a span of its own; see {@link TelemetryOptions.spans}. */
export type SpanMode = 'auto' | 'always' | 'never';

/** What a pipeline reports to OpenTelemetry, and to which providers. */
export interface TelemetryOptions {
  /** Where metrics go. Default: the global meter provider, whenever it is registered. */
  readonly meterProvider?: MeterProvider | undefined;
  /** Where spans go. Default: the global tracer provider, whenever it is registered. */
  readonly tracerProvider?: TracerProvider | undefined;
  /**
   * `'auto'`: a call gets a span when a recording span is active. `'always'`: each call does. `'never'`: none does; trace
   * context and baggage are passed on all the same. Default `'auto'`.
   */
  readonly spans?: SpanMode | undefined;
  /**
   * Attributes for all metrics and spans of the pipeline; for a keyed one also a function that makes them from a key. Each
   * different set is a series of its own in every metric, so keep them few. A keyed pipeline has at most 100 sets; further copies
   * report together as `otel.metric.overflow`. Default: none; the copies of a keyed pipeline report together.
   */
  readonly attributes?: Attributes | ((key: string) => Attributes) | undefined;
}

const provider = <T>(method: string, what: string) =>
  z.custom<T>(
    (value: unknown) =>
      typeof value === 'object' &&
      value !== null &&
      typeof (value as Record<string, unknown>)[method] === 'function',
    `must be ${what} provider of OpenTelemetry: an object with ${method}()`,
  );

/** Whether this can be the attributes of a metric. */
export function areAttributes(value: unknown): value is Attributes {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => ['string', 'number', 'boolean'].includes(typeof each))
  );
}

/** The schema of `PipelineOptions.telemetry`. */
export const telemetrySchema = () =>
  z.union(
    [
      off(),
      z.strictObject({
        meterProvider: z.optional(provider<MeterProvider>('getMeter', 'a meter')),
        tracerProvider: z.optional(provider<TracerProvider>('getTracer', 'a tracer')),
        spans: z._default(oneOf(['auto', 'always', 'never']), 'auto'),
        attributes: z.optional(
          z.custom<Attributes | ((key: string) => Attributes)>(
            (value) => typeof value === 'function' || areAttributes(value),
            'must be an object of texts, numbers and booleans, or a function that makes one',
          ),
        ),
      }),
    ],
    'must be false or an object with options',
  );

/** Options with everything filled in. */
export type ResolvedTelemetry = Exclude<z.output<ReturnType<typeof telemetrySchema>>, false>;
