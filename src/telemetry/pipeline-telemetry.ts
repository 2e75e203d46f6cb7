import type { Attributes } from '@opentelemetry/api';
import type { Host } from '../pipeline/call/host.js';
import type { PipelineEvent } from '../pipeline/contract/events.js';
import type { ResolvedTelemetry } from '../pipeline/options/telemetry-options.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import type { CallObserver, CallWatch } from '../pipeline/reporting/observer.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import { systemClock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import { takeCallAttributes, withCallAttributes } from './call-attributes.js';
import type { Channels } from './channels.js';
import { channels } from './channels.js';
import { HeldCall } from './held-call.js';
import { load, loaded } from './loading.js';
import type { Registered } from './registered.js';
import { isAnybodyThere, isApiInUse, look } from './registered.js';
import type { Observed, Reporter } from './reporter.js';
import type { Source } from './sources.js';

/** While calls are frequent, one in so many looks again whether somebody is there now. */
const ASK_EVERY = 16;

/** After this many calls have looked in vain, nobody is expected soon: an SDK is registered when a service starts. */
const VAIN = 1_000;

/** What is needed here from an OpenTelemetry context manager. */
interface Contexts {
  active(): unknown;
  with<T>(context: unknown, run: () => T): T;
}

/**
 * The telemetry of one pipeline, or of all copies of a keyed one that share their attributes.
 *
 * While nobody is there to be told, a call only looks whether somebody is. That look is needed to find an SDK that is registered
 * later, because OpenTelemetry's API does not announce it. The reporting is loaded once somebody is there.
 */
export class PipelineTelemetry implements CallObserver, Observed {
  readonly tally: Tally;
  readonly attributes: Attributes;
  readonly options: ResolvedTelemetry;
  readonly source: Source;
  readonly channels: Channels = channels();
  /** Collections find the copies through this template. So copies keep it alive through their observer. */
  readonly pipeline: Pipeline<unknown>;
  /** The observers of copies, one for each set of attributes. */
  readonly ofCopies = new Map<Attributes, PipelineTelemetry>();
  /** Whether only what is registered globally can want reports. */
  readonly #globalOnly: boolean;
  /** Nobody was there at the last look. */
  #idle = false;
  #unasked = 0;
  /** How many calls have looked in vain. */
  #vain = 0;
  #reporter: Reporter | undefined;

  constructor(
    pipeline: Pipeline<unknown>,
    options: ResolvedTelemetry,
    source: Source,
    tally: Tally,
    attributes: Attributes,
  ) {
    this.tally = tally;
    this.attributes = attributes;
    this.options = options;
    this.source = source;
    this.pipeline = pipeline;
    const { meterProvider, tracerProvider, spans } = options;
    this.#globalOnly =
      meterProvider === undefined && (tracerProvider === undefined || spans !== 'always');
    if (this.#isWanted() || isApiInUse()) {
      load();
      // If an SDK is there already, gauges show up before the first call.
      this.ready();
    }
  }

  get name(): string {
    return this.pipeline.name;
  }

  get time(): TimeSource {
    return this.pipeline.time;
  }

  start(host: Host): CallWatch | undefined {
    // While nobody was there, only some calls look again, if calls are frequent or a thousand have looked in vain.
    if (this.#idle && (this.#vain >= VAIN || host.time.ticking) && --this.#unasked > 0) {
      return undefined;
    }
    return this.#ask(host);
  }

  event(event: PipelineEvent): void {
    this.channels.publish(event);
  }

  dispose(): void {
    this.source.dispose();
  }

  ready(): void {
    const reporting = loaded();
    if (reporting === undefined) return;
    reporting.warnOfOtherCopies();
    this.#reporter ??= reporting.reporterOf(this);
    try {
      this.#reporter.meters();
    } catch (error) {
      reportFault('telemetry', error);
    }
    for (const each of this.ofCopies.values()) each.ready();
  }

  #isWanted(registered = look()): boolean {
    return isAnybodyThere(registered) || !this.#globalOnly || this.channels.active;
  }

  #ask(host: Host): CallWatch | undefined {
    const registered = look();
    if (!this.#isWanted(registered)) {
      this.#idle = true;
      this.#vain++;
      this.#unasked = ASK_EVERY;
      // Warn at each power of two: soon while a service starts, and hardly ever later.
      if ((this.#vain & (this.#vain - 1)) === 0) this.#warn();
      return undefined;
    }
    this.#idle = false;
    if (this.#reporter === undefined) {
      const loading = load();
      if (loading !== undefined) return this.#hold(host, loading, registered);
      this.#reporter = loaded()?.reporterOf(this);
    }
    return this.#reporter?.start(host, registered);
  }

  #warn(): void {
    const reporting = loaded();
    if (reporting !== undefined) reporting.warnOfOtherCopies();
    else if (isApiInUse()) load();
  }

  #hold(host: Host, loading: Promise<void>, { context }: Registered): CallWatch | undefined {
    // Some hosts, such as browsers, lose the active context during a wait. So keep it here.
    const contexts = context as Contexts | undefined;
    let active: unknown;
    try {
      active = contexts?.active();
    } catch (error) {
      reportFault('telemetry', error);
      return undefined;
    }
    const since = systemClock.wallNow();
    const attributes = takeCallAttributes();
    const begin = (): CallWatch | undefined => {
      this.#reporter ??= loaded()?.reporterOf(this);
      return withCallAttributes(attributes, () => this.#reporter?.start(host, look(), since));
    };
    return new HeldCall(loading, host.time.clock, () =>
      contexts === undefined ? begin() : contexts.with(active, begin),
    );
  }
}
