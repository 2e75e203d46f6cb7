import type { Attributes, Context, MeterProvider, Span } from '@opentelemetry/api';
import {
  context,
  isSpanContextValid,
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import type { Host } from '../pipeline/call/host.js';
import type { PipelineEvent } from '../pipeline/contract/events.js';
import type { ResolvedTelemetry } from '../pipeline/options/telemetry-options.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { CallObserver, CallWatch } from '../pipeline/reporting/observer.js';
import { Tally } from '../pipeline/reporting/tally.js';
import { warnOfOtherCopies } from './api-copies.js';
import type { AttributeSets } from './attribute-sets.js';
import type { Channels } from './channels.js';
import { channels } from './channels.js';
import type { Meters } from './meters.js';
import { metersOf } from './meters.js';
import { attribute, SCOPE, SPAN_PREFIX } from './names.js';
import { Recorder } from './recorder.js';
import type { Registered } from './registered.js';
import { isAnybodyThere, look, NOTHING } from './registered.js';
import type { Source } from './sources.js';
import { Watch } from './watch.js';

/** How many calls pass, while they are frequent, before it is looked again whether somebody is there now. */
const ASK_EVERY = 16;

/** How many calls look in vain before it is taken that nobody will come soon: an SDK is registered when a service starts. */
const VAIN = 1_000;

/**
 * The telemetry of one pipeline, or of all copies of a keyed one that share their attributes.
 *
 * With nobody there to be told, a call costs a look at whether somebody is: that is how an SDK registered later is found, of
 * which OpenTelemetry's API does not tell.
 */
export class PipelineTelemetry implements CallObserver {
  readonly tally: Tally;
  readonly attributes: Attributes;
  /** Copies keep their observer, and so what collections find them through: the template. */
  readonly #pipeline: Pipeline<unknown>;
  readonly #options: ResolvedTelemetry;
  readonly #source: Source;
  readonly #sets: AttributeSets | undefined;
  /** What observes the copies that have a set in common. */
  readonly #forks = new Map<Attributes, CallObserver>();
  readonly #channels: Channels = channels();
  readonly #spanName: string;
  /** Nothing can be wanted but by what is registered globally. */
  readonly #globalOnly: boolean;
  /** Nobody was there when it was last looked. */
  #idle = false;
  #unasked = 0;
  /** How many calls have looked in vain. */
  #vain = 0;
  /** Where everything was registered when it was last asked. */
  #api: Registered = NOTHING;
  /** What was registered for metrics when it was last asked for. */
  #registered: unknown = NOTHING;
  #provider: MeterProvider | undefined;
  #recorder: Recorder;

  constructor(
    pipeline: Pipeline<unknown>,
    options: ResolvedTelemetry,
    source: Source,
    tally: Tally,
    attributes: Attributes,
    sets: AttributeSets | undefined,
  ) {
    this.tally = tally;
    this.attributes = attributes;
    this.#pipeline = pipeline;
    this.#options = options;
    this.#source = source;
    this.#globalOnly = options.meterProvider === undefined && options.spans !== 'always';
    this.#sets = sets;
    this.#spanName = SPAN_PREFIX + pipeline.name;
    this.#recorder = this.#recorderAt(undefined);
  }

  start(host: Host): CallWatch | undefined {
    // As long as nobody was there, only some calls look again: while they are frequent, and once a thousand have looked in vain.
    if (this.#idle && (host.time.ticking || this.#vain >= VAIN) && --this.#unasked > 0) {
      return undefined;
    }
    return this.#ask(host);
  }

  event(event: PipelineEvent): void {
    this.#channels.publish(event);
  }

  fork(key: string): CallObserver {
    if (this.#sets === undefined) return this;
    const set = this.#sets.of(key);
    let observer = this.#forks.get(set);
    if (observer === undefined) {
      observer = this.#forkWith(set);
      this.#forks.set(set, observer);
    }
    return observer;
  }

  #forkWith(set: Attributes): CallObserver {
    const tally = new Tally();
    const attributes = { ...set, ...this.attributes };
    this.#source.add(tally, attributes);
    return new PipelineTelemetry(
      this.#pipeline,
      this.#options,
      this.#source,
      tally,
      attributes,
      undefined,
    );
  }

  dispose(): void {
    this.#source.dispose();
  }

  /** Finds the meter provider anew, and makes the instruments when there is a new one. */
  meters(): void {
    const provider = this.#options.meterProvider ?? metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#provider = provider;
    const meters = metersOf(provider);
    meters?.begin(this.#source);
    this.#recorder = this.#recorderAt(meters);
  }

  #recorderAt(meters: Meters | undefined): Recorder {
    return new Recorder(meters, this.#pipeline.time, this.tally, this.attributes);
  }

  #ask(host: Host): CallWatch | undefined {
    const registered = look();
    if (!isAnybodyThere(registered) && this.#globalOnly && !this.#channels.active) {
      this.#idle = true;
      this.#vain++;
      this.#unasked = ASK_EVERY;
      // At each power of two: soon while a service starts, and hardly ever later on.
      if ((this.#vain & (this.#vain - 1)) === 0) warnOfOtherCopies();
      return undefined;
    }
    this.#idle = false;
    try {
      if (registered !== this.#api) {
        this.#api = registered;
        warnOfOtherCopies();
      }
      if (registered.metrics !== this.#registered) {
        this.#registered = registered.metrics;
        this.meters();
      }
      if (registered.context !== undefined) return this.#watch(host, context.active(), true);
      return this.#watch(host, ROOT_CONTEXT, false);
    } catch (error) {
      reportFault('telemetry', error);
      return undefined;
    }
  }

  /** `passes`: there is a way to pass a context on, so that attempts can be told their number. */
  #watch(host: Host, active: Context, passes: boolean): CallWatch | undefined {
    const channels = this.#channels;
    const heard = channels.active;
    if (heard && channels.wantsTransitions) host.subscribe();
    const span = this.#startSpan(host, active);
    if (span === undefined && active === ROOT_CONTEXT && !heard) {
      return passes || this.#recorder.records ? this.#recorder : undefined;
    }
    let where: Context | undefined = active;
    if (span !== undefined) where = trace.setSpan(active, span);
    else if (active === ROOT_CONTEXT) where = undefined;
    return new Watch(host, this.tally, this.#recorder, channels, where, span);
  }

  #startSpan(host: Host, active: Context): Span | undefined {
    const { spans } = this.#options;
    if (spans === 'never') return undefined;
    if (spans === 'auto') {
      if (active === ROOT_CONTEXT || trace.getSpan(active)?.isRecording() !== true)
        return undefined;
    }
    try {
      return this.#newSpan(host, active);
    } catch (error) {
      reportFault('telemetry', error);
      return undefined;
    }
  }

  #newSpan(host: Host, active: Context): Span | undefined {
    const tracer = (this.#options.tracerProvider ?? trace).getTracer(SCOPE);
    const { publicKey: key } = host;
    const attributes =
      key === undefined ? this.attributes : { ...this.attributes, [attribute.key]: key };
    const span = tracer.startSpan(this.#spanName, { kind: SpanKind.INTERNAL, attributes }, active);
    if (span.isRecording()) return span;
    // Sampled out. Without a parent, what runs inside has to know, or each attempt would start a trace of its own.
    const isRoot = trace.getSpan(active) === undefined && isSpanContextValid(span.spanContext());
    return isRoot ? span : undefined;
  }
}
