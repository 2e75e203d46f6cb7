import type { Attributes, Context, MeterProvider, Span } from '@opentelemetry/api';
import {
  context,
  isSpanContextValid,
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { Host } from '../pipeline/call/host.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { CallWatch } from '../pipeline/reporting/observer.js';
import { warnOfOtherCopies } from './api-copies.js';
import { takeCallAttributes } from './call-attributes.js';
import type { Meters } from './meters.js';
import { metersOf } from './meters.js';
import { attribute, SCOPE, SPAN_PREFIX } from './names.js';
import { Recorder } from './recorder.js';
import type { Registered } from './registered.js';
import { NOTHING } from './registered.js';
import type { Observed, Reporter } from './reporter.js';
import { Watch } from './watch.js';

/** Reports the calls of a pipeline to OpenTelemetry and the channels. */
export class PipelineReporter implements Reporter {
  readonly #of: Observed;
  readonly #spanName: string;
  /** The object that held all registrations at the last look. */
  #api: Registered = NOTHING;
  /** What was registered for metrics at the last look. */
  #registered: unknown = NOTHING;
  #provider: MeterProvider | undefined;
  #recorder: Recorder;

  constructor(of: Observed) {
    this.#of = of;
    this.#spanName = SPAN_PREFIX + of.name;
    this.#recorder = this.#recorderAt(undefined);
  }

  meters(): void {
    const provider = this.#of.options.meterProvider ?? metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#provider = provider;
    const meters = metersOf(provider);
    meters?.begin(this.#of.source);
    this.#recorder = this.#recorderAt(meters);
  }

  #recorderAt(meters: Meters | undefined): Recorder {
    const { time, tally, attributes } = this.#of;
    return new Recorder(meters, time, tally, attributes);
  }

  start(host: Host, registered: Registered, since?: number): CallWatch | undefined {
    try {
      if (registered !== this.#api) {
        this.#api = registered;
        warnOfOtherCopies();
      }
      if (registered.metrics !== this.#registered) {
        this.#registered = registered.metrics;
        this.meters();
      }
      if (registered.context !== undefined) return this.#watch(host, context.active(), true, since);
      return this.#watch(host, ROOT_CONTEXT, false, since);
    } catch (error) {
      reportFault('telemetry', error);
      return undefined;
    }
  }

  /** `passes`: whether a context can be passed on, so that attempts can be told their number. */
  #watch(
    host: Host,
    active: Context,
    passes: boolean,
    since: number | undefined,
  ): CallWatch | undefined {
    const { channels, tally } = this.#of;
    const heard = channels.active;
    if (heard && channels.wants('transition')) host.subscribe();
    const span = this.#startSpan(host, active, since);
    if (span === undefined && active === ROOT_CONTEXT && !heard) {
      return passes || this.#recorder.records ? this.#recorder : undefined;
    }
    let where: Context | undefined = active;
    if (span !== undefined) where = trace.setSpan(active, span);
    else if (active === ROOT_CONTEXT) where = undefined;
    return new Watch(host, tally, this.#recorder, channels, where, span);
  }

  #startSpan(host: Host, active: Context, since: number | undefined): Span | undefined {
    const { spans } = this.#of.options;
    if (spans === 'never') return undefined;
    if (spans === 'auto') {
      const parent = active === ROOT_CONTEXT ? undefined : trace.getSpan(active);
      if (parent === undefined || !isRecording(parent, since)) return undefined;
    }
    try {
      return this.#newSpan(host, active, since);
    } catch (error) {
      reportFault('telemetry', error);
      return undefined;
    }
  }

  #newSpan(host: Host, active: Context, since: number | undefined): Span | undefined {
    const { attributes: all } = this.#of;
    const called = takeCallAttributes();
    const own = called === undefined ? all : { ...called, ...all };
    const tracer = (this.#of.options.tracerProvider ?? trace).getTracer(SCOPE);
    const { publicKey: key } = host;
    const attributes: Attributes = key === undefined ? own : { ...own, [attribute.key]: key };
    const options = { kind: SpanKind.INTERNAL, attributes };
    const at = since === undefined ? options : { ...options, startTime: since };
    const span = tracer.startSpan(this.#spanName, at, active);
    if (span.isRecording()) return span;
    // It was sampled out. If it has no parent, the code inside has to know. Otherwise each attempt would start a trace of its own.
    const isRoot = trace.getSpan(active) === undefined && isSpanContextValid(span.spanContext());
    return isRoot ? span : undefined;
  }
}

/** Whether a parent records. For a call that is reported late, whether it recorded when the call started. */
function isRecording(parent: Span, since: number | undefined): boolean {
  if (parent.isRecording()) return true;
  if (since === undefined) return false;
  const { traceFlags, isRemote } = parent.spanContext();
  return isRemote !== true && (traceFlags & TraceFlags.SAMPLED) !== 0;
}
