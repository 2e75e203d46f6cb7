import type { Attributes, Context, MeterProvider, Span } from '@opentelemetry/api';
import { context, metrics, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { PipelineEvent } from '../pipeline/events.js';
import { reportFault } from '../pipeline/events.js';
import type { CallOutcome, Host } from '../pipeline/host.js';
import type { CallObserver, CallWatch } from '../pipeline/observer.js';
import { Tally } from '../pipeline/tally.js';
import type { ResolvedTelemetry } from '../pipeline/telemetry-options.js';
import type { AttributeSets } from './attribute-sets.js';
import type { Channels } from './channels.js';
import { channels } from './channels.js';
import type { Meters } from './meters.js';
import { metersOf } from './meters.js';
import { attribute, SCOPE, SPAN_PREFIX } from './names.js';
import type { Source } from './sources.js';
import { Watch } from './watch.js';

/**
 * The telemetry of one pipeline, or of all copies of a keyed one that share their attributes.
 *
 * With nobody there to be told, a call costs one look at who is: that is how an SDK registered later is found, for which
 * OpenTelemetry's API has no event.
 */
export class PipelineTelemetry implements CallObserver {
  readonly tally: Tally;
  readonly attributes: Attributes;
  readonly #options: ResolvedTelemetry;
  readonly #source: Source;
  readonly #sets: AttributeSets | undefined;
  readonly #channels: Channels = channels();
  readonly #spanName: string;
  #provider: MeterProvider | undefined;
  #meters: Meters | undefined;
  readonly #durations = new Map<string | undefined, Map<CallOutcome, Attributes>>();
  readonly #success: Attributes;

  constructor(
    name: string,
    options: ResolvedTelemetry,
    source: Source,
    tally: Tally,
    attributes: Attributes,
    sets: AttributeSets | undefined,
  ) {
    this.tally = tally;
    this.attributes = attributes;
    this.#options = options;
    this.#source = source;
    this.#sets = sets;
    this.#spanName = SPAN_PREFIX + name;
    this.#success = { ...attributes, [attribute.outcome]: 'success' };
  }

  start(host: Host): CallWatch | undefined {
    try {
      const meters = this.meters();
      const active = context.active();
      if (
        meters === undefined &&
        active === ROOT_CONTEXT &&
        !this.#channels.active &&
        this.#options.spans !== 'always'
      ) {
        return undefined;
      }
      return this.#watch(host, meters, active);
    } catch (error) {
      reportFault('telemetry', error);
      return undefined;
    }
  }

  event(event: PipelineEvent): void {
    this.#channels.publish(event);
  }

  fork(key: string): CallObserver {
    if (this.#sets === undefined) return this;
    return this.#sets.of(key, (attributes) => {
      const tally = new Tally();
      const all = { ...this.attributes, ...attributes };
      this.#source.add(tally, all);
      const name = this.#spanName.slice(SPAN_PREFIX.length);
      return new PipelineTelemetry(name, this.#options, this.#source, tally, all, undefined);
    });
  }

  dispose(): void {
    this.#source.dispose();
  }

  /** Finds the meter provider anew, and makes the instruments when there is a new one. */
  meters(): Meters | undefined {
    const provider = this.#options.meterProvider ?? metrics.getMeterProvider();
    if (provider !== this.#provider) {
      this.#provider = provider;
      this.#meters = metersOf(provider);
    }
    return this.#meters;
  }

  /** The attributes of a duration; the same object each time. */
  durationAttributes(outcome: CallOutcome, errorType: string | undefined): Attributes {
    if (outcome === 'success') return this.#success;
    let byOutcome = this.#durations.get(errorType);
    if (byOutcome === undefined) {
      byOutcome = new Map();
      this.#durations.set(errorType, byOutcome);
    }
    let attributes = byOutcome.get(outcome);
    if (attributes === undefined) {
      attributes = { ...this.attributes, [attribute.outcome]: outcome };
      if (errorType !== undefined) attributes[attribute.errorType] = errorType;
      byOutcome.set(outcome, attributes);
    }
    return attributes;
  }

  #watch(host: Host, meters: Meters | undefined, active: Context): CallWatch | undefined {
    if (this.#channels.wantsTransitions) host.subscribe();
    const span = this.#startSpan(host, active);
    let where: Context | undefined = active;
    if (span !== undefined) where = trace.setSpan(active, span);
    else if (active === ROOT_CONTEXT) where = undefined;
    if (meters === undefined && where === undefined && !this.#channels.active) return undefined;
    return new Watch(this, host, meters, this.#channels, where, span);
  }

  #startSpan(host: Host, active: Context): Span | undefined {
    const { spans, tracerProvider } = this.#options;
    if (spans === 'never') return undefined;
    if (spans === 'auto' && trace.getSpan(active)?.isRecording() !== true) return undefined;
    const tracer = (tracerProvider ?? trace).getTracer(SCOPE);
    const options = { kind: SpanKind.INTERNAL, attributes: this.attributes };
    const span = tracer.startSpan(this.#spanName, options, active);
    if (!span.isRecording()) return undefined;
    if (host.key !== undefined) span.setAttribute(attribute.key, host.key);
    return span;
  }
}
