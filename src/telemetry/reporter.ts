import type { Attributes } from '@opentelemetry/api';
import type { Host } from '../pipeline/call/host.js';
import type { ResolvedTelemetry } from '../pipeline/options/telemetry-options.js';
import type { CallWatch } from '../pipeline/reporting/observer.js';
import type { Tally } from '../pipeline/reporting/tally.js';
import type { TimeSource } from '../time/time-source.js';
import type { Channels } from './channels.js';
import type { Registered } from './registered.js';
import type { Source } from './sources.js';

/** What is known about pipelines that are observed, or about the copies of a keyed one that share their attributes. */
export interface Observed {
  readonly name: string;
  readonly time: TimeSource;
  readonly options: ResolvedTelemetry;
  readonly source: Source;
  readonly tally: Tally;
  readonly attributes: Attributes;
  readonly channels: Channels;
}

/** Reports to OpenTelemetry and the channels what a pipeline does. */
export interface Reporter {
  /** Looks up the meter provider again, and makes the instruments if it is a new one. */
  meters(): void;
  /**
   * A call starts, and something is registered or somebody listens. Never throws.
   *
   * @param since When the call started, in milliseconds since the Unix epoch, if it is reported only now.
   */
  start(host: Host, registered: Registered, since?: number): CallWatch | undefined;
}

/** The part of telemetry that is loaded when there is somebody to tell. */
export interface Reporting {
  /** It is loaded. From now on it keeps the counts of pipelines that are gone. */
  begin(): void;
  /** Warns, once a process, when OpenTelemetry is registered with a copy of its API that does not fit. */
  warnOfOtherCopies(): void;
  reporterOf(observed: Observed): Reporter;
}
